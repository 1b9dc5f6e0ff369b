//! The names of the prelude, and of the standard crates, mean something else here.
#![allow(dead_code)]

mod core {}
mod std {}
struct Option;
struct Some;
struct None;
struct Ok;
struct Err;
struct Box;
struct String;
struct Vec;
struct Arc;
struct Pin;
trait Send {}
trait Sync {}
trait Future {}
trait Clone {}
trait Debug {}
trait AsRef {}
trait Into {}
trait From {}
trait Display {}
struct Client;
struct Service;
struct Endpoint;
struct Error;
struct Event;
struct Priority;
struct Duration;
struct Receipt;
type Result<T> = ::std::result::Result<T, ::trunkline::Error>;

#[derive(::trunkline::FromReply)]
enum Created {
    #[status(201)]
    New(u64),
    #[status(409)]
    Taken,
}

#[derive(::serde::Serialize, ::serde::Deserialize, ::trunkline::Event)]
#[event("paid", version = 2, target = "a", priority = "high", expires = "1s")]
struct Paid {
    order: u32,
}

#[::trunkline::service("shadowed", header("X-A" = "b"), envelope(data = "d"), retry(backoff = "fixed"), dyn)]
trait Shadowed {
    #[get("/{a}/{b?}")]
    async fn get(&self, a: &str, b: ::std::option::Option<u32>, c: u32) -> Result<u32>;
    #[post("/")]
    async fn post(&self, body: u32) -> Result<Created>;
    #[publish(priority = "low", target = "b")]
    async fn paid(&self, event: &Paid) -> Result<::trunkline::Receipt>;
    async fn twice(&self) -> Result<u32> {
        self.get("", ::std::option::Option::None, 1).await
    }
}

#[::trunkline::service("generic")]
trait Generic {
    #[get("/")]
    async fn get<T: ::serde::Serialize>(&self, a: T, b: impl ::serde::Serialize) -> Result<u32>;
}
