//! `cfg` and `allow` go to everything that a method becomes.
#![deny(warnings)]
#![allow(clippy::all)] // a condition that is always or never true
use trunkline::{Client, Result, service};

#[service("conditional", dyn)]
pub trait Conditional {
    #[get("/always")]
    async fn always(&self) -> Result<u32>;

    #[get("/never")]
    #[cfg(any())]
    async fn never(&self, argument: Missing) -> Result<Missing>;

    #[cfg(all())]
    #[cfg(not(any()))]
    #[get("/now")]
    async fn now(&self) -> Result<u32>;

    #[cfg(any())]
    #[get("/either")]
    async fn either(&self) -> Result<Missing>;

    #[cfg(not(any()))]
    #[get("/or")]
    async fn either(&self) -> Result<u32>;

    #[get("/odd")]
    #[allow(non_snake_case)]
    async fn Odd(&self, Argument: u32) -> Result<u32>;

    #[cfg(any())]
    async fn absent(&self) -> Result<Missing> {
        self.never(Missing).await
    }
}

struct Fake;

impl Conditional for Fake {
    async fn always(&self) -> Result<u32> {
        Ok(1)
    }
    async fn now(&self) -> Result<u32> {
        Ok(2)
    }
    async fn either(&self) -> Result<u32> {
        Ok(3)
    }
    #[allow(non_snake_case)]
    async fn Odd(&self, _argument: u32) -> Result<u32> {
        Ok(4)
    }
}

pub(super) fn main() {
    assert_eq!(ConditionalClient::ENDPOINTS.len(), 4);
    let _ = DynConditional::new(Fake);
    let _: fn(&Client) -> ConditionalClient = ConditionalClient::new;
}
