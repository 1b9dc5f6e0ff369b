//! The library is reached by another path, and its own name means something else.
use trunkline as lines;

mod inner {
    pub mod my {
        pub use trunkline as lines;
    }
}

#[lines::service("renamed", crate = crate::renamed_crate::inner::my::lines, dyn, retry(backoff = "linear"), envelope(code = "c"))]
pub trait Renamed {
    #[get("/")]
    async fn get(&self) -> lines::Result<Created>;
    #[publish(priority = "high")]
    async fn paid(&self, event: &Paid) -> lines::Result<()>;
}

#[derive(lines::FromReply)]
#[reply(crate = crate::renamed_crate::inner::my::lines)]
pub enum Created {
    #[status(201)]
    New(u64),
    #[status(other)]
    Other,
}

#[derive(serde::Serialize, serde::Deserialize, lines::Event)]
#[event("paid", priority = "low", crate = crate::renamed_crate::inner::my::lines)]
pub struct Paid;
