//! The expansion is silent under strict lints, at every visibility.
#![deny(
    warnings,
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    missing_debug_implementations,
    unused
)]
#![deny(
    clippy::all,
    clippy::pedantic,
    single_use_lifetimes,
    unused_results,
    elided_lifetimes_in_paths
)]
#![deny(
    non_local_definitions,
    private_interfaces,
    private_bounds,
    refining_impl_trait,
    async_fn_in_trait
)]
#![deny(future_incompatible, rust_2018_idioms, let_underscore_drop, unnameable_types)]
use serde::{Deserialize, Serialize};
use trunkline::{Client, Event, FromReply, Receipt, Result, service};

/// Documented.
#[service("public", dyn)]
pub trait Public {
    /// Documented.
    #[get("/{id}")]
    #[deprecated]
    async fn get(&self, id: &str) -> Result<u32>;
    /// Documented.
    #[must_use]
    #[post("/")]
    async fn create(&self, a: u32) -> Result<Created>;
    /// Documented.
    #[deprecated]
    #[publish(priority = "high", target = "other")]
    async fn paid(&self, event: &Paid) -> Result<Receipt>;
}

/// Documented.
#[derive(Debug, Serialize, Deserialize, Event)]
#[event("paid", version = 2, target = "a", priority = "high", expires = "1s")]
pub struct Paid {
    /// Documented.
    pub order: u32,
}

#[derive(Serialize, Event)]
#[event("said")]
struct Said<'a>(&'a str);

/// Documented.
#[derive(Debug, FromReply)]
pub enum Created {
    /// Documented.
    #[status(201, 202)]
    New(u64),
    /// Documented.
    #[status(404)]
    Missing,
}

/// Documented.
#[service("publishing")]
pub trait Publishing {
    /// Documented.
    #[publish]
    async fn paid(&self, event: &Paid) -> Result<()>;
}

#[deprecated]
#[service("old")]
trait Old {
    #[get("/")]
    async fn get(&self) -> Result<()>;
}

mod inner {
    use trunkline::{Client, Result, service};

    #[service("restricted", dyn)]
    pub(crate) trait Restricted {
        #[get("/")]
        async fn get(&self) -> Result<()>;
    }

    #[service("private", dyn)]
    trait Private {
        #[get("/")]
        async fn get(&self) -> Result<()>;
    }

    pub(crate) async fn call(client: &Client) -> Result<()> {
        DynPrivate::new(PrivateClient::new(client)).get().await
    }
}

#[allow(deprecated)]
async fn call(client: &Client) -> Result<()> {
    use inner::Restricted as _;
    let said = client.events().publish(&Said("a")).await?;
    assert!(!said.id().is_empty());
    OldClient::new(client).get().await?;
    inner::RestrictedClient::new(client).get().await
}

#[test]
fn the_expansion_is_silent_under_strict_lints() {
    let _ = (inner::call, call);
}
