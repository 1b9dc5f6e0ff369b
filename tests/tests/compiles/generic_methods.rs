//! Type parameters, lifetimes, where clauses, `impl Trait`, const parameters, aliases of `Result`.
use std::fmt::Display;

use serde::{Serialize, de::DeserializeOwned};
use trunkline::{Result, service};

pub struct Failure;

impl From<trunkline::Error> for Failure {
    fn from(_: trunkline::Error) -> Self {
        Self
    }
}

type Answer<T> = std::result::Result<T, Failure>;

#[service("generic")]
pub trait Generic {
    #[get("/{id}")]
    async fn get<T>(&self, id: impl Display, filter: &T) -> Result<u32>
    where
        T: Serialize + ?Sized;

    #[post("/{id}")]
    async fn post<'a, B: Serialize>(&self, id: &'a str, body: &'a B) -> Answer<()>;

    #[get("/any")]
    async fn any<T: DeserializeOwned + 'static>(
        &self,
        tags: &impl Serialize,
        page: Option<impl Serialize>,
    ) -> Answer<T>;

    #[get("/bytes")]
    async fn bytes<const N: usize>(&self, ids: [u32; 2], id: &str) -> Answer<[u8; 4]>
    where
        [u8; N]: Default;

    #[get("/lifetimes")]
    async fn lifetimes<'a, 'b: 'a>(&'a self, left: &'a str, right: std::borrow::Cow<'b, str>) -> Answer<()>;
}

struct Fake;

impl Generic for Fake {
    async fn get<T>(&self, id: impl Display + Send + Sync, _filter: &T) -> Result<u32>
    where
        T: Serialize + ?Sized + Send + Sync,
    {
        tick().await;
        Ok(u32::try_from(id.to_string().len()).unwrap_or_default())
    }
    async fn post<'a, B: Serialize + Send + Sync>(&self, _: &'a str, _: &'a B) -> Answer<()> {
        Ok(())
    }
    async fn any<T: DeserializeOwned + Send + Sync + 'static>(
        &self,
        _: &(impl Serialize + Send + Sync),
        _: Option<impl Serialize + Send + Sync>,
    ) -> Answer<T> {
        Err(Failure)
    }
    async fn bytes<const N: usize>(&self, _: [u32; 2], _: &str) -> Answer<[u8; 4]>
    where
        [u8; N]: Default,
    {
        Err(Failure)
    }
    async fn lifetimes<'a, 'b: 'a>(&'a self, _: &'a str, _: std::borrow::Cow<'b, str>) -> Answer<()> {
        Ok(())
    }
}

async fn tick() {}

fn main() {
    let _ = Fake.get(1, "a");
}
