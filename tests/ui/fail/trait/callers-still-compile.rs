use trunkline::{Client, Result, service};

#[service("models", dyn)]
pub trait Models {
    #[get("/{id}")]
    async fn get(&self) -> Result<u32>;
    #[post("/")]
    async fn post(&self, body: &str) -> Result<u32>;
}

pub async fn call(client: &Client) -> Result<u32> {
    let models = ModelsClient::at(client, "http://localhost");
    DynModels::new(models.clone()).post("a").await?;
    models.get().await
}

fn main() {
    let _ = ModelsClient::ENDPOINTS;
}
