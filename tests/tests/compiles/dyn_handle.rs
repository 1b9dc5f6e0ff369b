//! One type for any implementation, whatever its lifetimes.
use std::borrow::Cow;

use trunkline::{Client, Result, service};

#[service("erased", dyn)]
pub trait Erased {
    #[get("/{id}")]
    async fn elided(&self, id: &str, filter: &[&str], cow: Cow<'_, str>) -> Result<String>;

    #[get("/{id}")]
    async fn named<'a>(&'a self, id: &'a str, other: &str) -> Result<String>;

    #[get("/{id}/{other}")]
    async fn bounded<'a, 'b: 'a>(
        &self,
        id: &'a str,
        other: &'b (dyn std::fmt::Display + Send + Sync),
    ) -> Result<u8>
    where
        'b: 'a;
}

pub struct Fake {
    pub name: String,
}

impl Erased for Fake {
    async fn elided(&self, id: &str, filter: &[&str], cow: Cow<'_, str>) -> Result<String> {
        Ok(format!("{}{id}{filter:?}{cow}", self.name))
    }
    async fn named<'a>(&'a self, id: &'a str, other: &str) -> Result<String> {
        Ok(format!("{id}{other}"))
    }
    async fn bounded<'a, 'b: 'a>(
        &self,
        _: &'a str,
        _: &'b (dyn std::fmt::Display + Send + Sync),
    ) -> Result<u8>
    where
        'b: 'a,
    {
        Ok(0)
    }
}

struct Holder {
    service: DynErased,
}

fn spawn(future: impl Future<Output = ()> + Send + 'static) {
    drop(future);
}

fn client(client: &Client) -> DynErased {
    DynErased::new(ErasedClient::new(client))
}

pub(super) fn main() {
    let _ = client;
    let holder = Holder {
        service: DynErased::new(Fake { name: "fake".into() }),
    };
    assert_eq!(format!("{:?}", holder.service.clone()), "DynErased");
    spawn(async move {
        let filter = String::from("a");
        let _ = holder.service.elided("1", &[&filter], Cow::Borrowed("b")).await;
        // A fake with the twin in scope: no call is ambiguous.
        let _ = Fake { name: String::new() }.named("1", "2").await;
        let _ = DynErased::new(holder.service.clone()).bounded("1", &2).await;
    });
}
