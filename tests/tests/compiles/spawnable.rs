//! The future of a call through any implementation can be spawned.
use trunkline::{Result, service};

#[service("spawn")]
pub trait Spawn {
    #[get("/{id}")]
    async fn get(&self, id: &str, page: u32) -> Result<u32>;
    #[post("/")]
    async fn post(&self, body: &[u8]) -> Result<()>;
    async fn both(&self, id: &str) -> Result<u32> {
        self.post(id.as_bytes()).await?;
        self.get(id, 1).await
    }
}

fn spawn(future: impl Future<Output = ()> + Send + 'static) {
    drop(future);
}

fn run<S: Spawn + Clone + 'static>(service: S) {
    let other = service.clone();
    spawn(async move {
        let id = String::from("a");
        let _ = other.get(&id, 1).await;
        let _ = other.both(&id).await;
    });
    spawn(async move {
        let _ = service.post(b"a").await;
    });
}

fn main() {
    let _ = run::<SpawnClient>;
}
