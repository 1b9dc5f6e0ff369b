//! The expansion under clippy, which the cases of `compiles` are not shown to: `cargo clippy` checks this file.
#![deny(warnings, missing_docs, unreachable_pub, unused_qualifications)]
#![deny(clippy::all, clippy::pedantic)]

use serde::{Deserialize, Serialize};
use trunkline::{Client, Event, FromReply, Receipt, Result, ServiceConfig, service};

#[derive(Serialize, Deserialize, Event)]
#[event("item.stored", expires = "1h", priority = "low")]
struct Item {
    id: u64,
}

#[derive(FromReply)]
enum Stored {
    #[status(201)]
    New(Item),
    #[status(404)]
    Missing,
}

#[service("items", prefix = "/api", header("X-A" = "b"), retry(times = 1), envelope(data = "d"), dyn)]
trait Items {
    #[get("/{id}/{part?}")]
    async fn get(&self, id: u64, part: Option<u32>, tags: &[String]) -> Result<Option<Item>>;

    #[put("/{id}")]
    async fn put(&self, id: u64, item: Item, #[header("X-Tenant")] tenant: &str) -> Result<Stored>;

    #[cfg(test)]
    #[post("/")]
    async fn post(&self, #[field] id: u64, #[field] name: String) -> Result<()>;

    #[publish(priority = "high", target = "search")]
    async fn stored(&self, event: &Item) -> Result<Receipt>;

    async fn both(&self, left: u64, right: u64) -> Result<bool> {
        let left = self.get(left, None, &[]).await?;
        let right = self.get(right, None, &[]).await?;
        Ok(left.is_some() && right.is_some())
    }
}

#[service("search")]
trait Search {
    #[post("/{kind}")]
    async fn search<Q: Serialize>(&self, kind: &str, query: &Q) -> Result<Vec<Item>>;
}

fn client() -> Client {
    let builder = Client::builder().service("items", ServiceConfig::new().url("http://localhost:1"));
    builder.build().expect("the configuration is valid")
}

#[tokio::test]
async fn a_fake_stands_in_for_the_client() {
    struct Fake;
    impl Items for Fake {
        async fn get(&self, id: u64, _: Option<u32>, _: &[String]) -> Result<Option<Item>> {
            Ok((id == 1).then_some(Item { id }))
        }
        async fn put(&self, _: u64, item: Item, _: &str) -> Result<Stored> {
            Ok(if item.id == 1 {
                Stored::New(item)
            } else {
                Stored::Missing
            })
        }
        async fn post(&self, _: u64, _: String) -> Result<()> {
            Ok(())
        }
        async fn stored(&self, event: &Item) -> Result<Receipt> {
            client().events().publish(event).await
        }
    }
    let items = DynItems::new(Fake);
    assert!(items.both(1, 1).await.is_ok_and(|both| both));
    assert!(matches!(
        items.put(1, Item { id: 1 }, "a").await,
        Ok(Stored::New(Item { id: 1 }))
    ));
    assert!(matches!(
        items.put(1, Item { id: 2 }, "a").await,
        Ok(Stored::Missing)
    ));
    assert!(items.post(1, String::new()).await.is_ok());
    assert!(items.stored(&Item { id: 1 }).await.is_ok());
}

#[tokio::test]
async fn a_handle_is_a_clone_of_one_client() {
    let items = DynItems::new(ItemsClient::new(&client()));
    let outcome = tokio::spawn({
        let items = items.clone();
        async move { items.get(1, None, &[]).await.map(drop) }
    });
    let error = outcome
        .await
        .expect("the task ends")
        .expect_err("nobody listens on port 1");
    assert!(error.is_connect());
    assert_eq!(error.endpoint(), Some("get"));
}

#[tokio::test]
async fn a_generic_method_is_called() {
    let search = SearchClient::at(&client(), "http://localhost:1");
    let found = search.search("a", &Item { id: 1 }).await;
    let error = found.map(drop).unwrap_err();
    assert!(error.is_connect(), "{error}");
}

#[test]
fn descriptors_are_in_the_order_of_the_trait() {
    let names: Vec<_> = ItemsClient::ENDPOINTS
        .iter()
        .map(|endpoint| endpoint.name())
        .collect();
    assert_eq!(names, ["get", "put", "post"]);
}
