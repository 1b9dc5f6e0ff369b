//! An enum with a variant for each status.
use serde::Deserialize;
use trunkline::{FromReply, Result, service};

#[derive(Deserialize)]
pub struct User {
    pub name: String,
}

#[derive(FromReply)]
pub enum Created<T: serde::de::DeserializeOwned> {
    #[status(200, 201)]
    Created(User),
    #[status(409)]
    Conflict(T),
    #[status(404)]
    Missing,
    #[cfg(any())]
    #[status(404)]
    Never,
    #[status(other)]
    Other,
}

#[service("users")]
pub trait Users {
    #[post("/users")]
    async fn create(&self, #[field] name: &str) -> Result<Created<Vec<String>>>;
}
