//! Methods that publish, beside calls and alone, with everything that methods may have.
#![deny(warnings)]
#![allow(clippy::all, dead_code)]
use serde::{Deserialize, Serialize};
use trunkline::{Client, Error, Event, Receipt, Result, service};

#[derive(Clone, Serialize, Deserialize, Event)]
#[event("paid")]
pub struct Paid {
    pub order: u32,
}

#[derive(Serialize, Event)]
#[event("noted")]
pub struct Noted<'a> {
    pub text: &'a str,
}

pub struct Failed;

impl From<Error> for Failed {
    fn from(_: Error) -> Self {
        Self
    }
}

#[service("shipping", dyn)]
pub trait Shipping {
    /// By reference, for the service.
    #[publish]
    async fn paid(&self, event: &Paid) -> Result<Receipt>;

    #[get("/orders/{id}")]
    async fn order(&self, id: u32) -> Result<u32>;

    /// By value, for another service, with an error of one's own.
    #[publish(target = "billing", priority = "urgent")]
    #[must_use]
    async fn owned(&self, event: Paid) -> std::result::Result<(), Failed>;

    #[publish(priority = "low")]
    async fn noted<'a>(&'a self, note: &'a Noted<'_>) -> Result<()>;

    #[publish()]
    #[allow(non_snake_case)]
    async fn Odd(&self, r#type: &Paid) -> Result<Receipt>;

    #[cfg(any())]
    #[publish]
    async fn never(&self, event: &Missing) -> Result<Receipt>;

    #[cfg(all())]
    #[publish]
    #[deprecated]
    async fn old(&self, event: &Paid) -> Result<Receipt>;

    /// A default method among them.
    async fn twice(&self, event: &Paid) -> Result<()> {
        self.paid(event).await?;
        self.paid(event).await.map(drop)
    }
}

#[service("anything")]
trait Anything {
    #[publish]
    async fn event<E: Event + Serialize>(&self, event: &E) -> Result<Receipt>;

    #[publish]
    async fn listed(&self, event: &(impl Event + Serialize)) -> Result<Receipt>;
}

struct Fake;

impl Shipping for Fake {
    async fn paid(&self, _: &Paid) -> Result<Receipt> {
        Err(Error::new(trunkline::ErrorKind::Publish, "the broker is down"))
    }
    async fn order(&self, id: u32) -> Result<u32> {
        Ok(id)
    }
    async fn owned(&self, _: Paid) -> std::result::Result<(), Failed> {
        Ok(())
    }
    async fn noted<'a>(&'a self, _: &'a Noted<'_>) -> Result<()> {
        Ok(())
    }
    #[allow(non_snake_case)]
    async fn Odd(&self, event: &Paid) -> Result<Receipt> {
        self.paid(event).await
    }
    async fn old(&self, event: &Paid) -> Result<Receipt> {
        self.paid(event).await
    }
}

fn spawn(future: impl Future<Output = ()> + Send + 'static) {
    drop(future);
}

fn publish(client: &Client) {
    let anything = AnythingClient::new(client);
    let shipping = DynShipping::new(ShippingClient::new(client));
    spawn(async move {
        let text = String::from("text");
        let _ = shipping.noted(&Noted { text: &text }).await;
        let _ = shipping.owned(Paid { order: 1 }).await.is_ok();
        let _ = anything.event(&Noted { text: &text }).await;
        let _ = anything.listed(&Paid { order: 1 }).await;
        let _ = DynShipping::new(Fake).twice(&Paid { order: 1 }).await;
    });
}

pub(super) fn main() {
    let _ = publish;
    let names: Vec<_> = ShippingClient::ENDPOINTS
        .iter()
        .map(|endpoint| endpoint.name())
        .collect();
    assert_eq!(names, ["order"]);
    assert!(AnythingClient::ENDPOINTS.is_empty());
}
