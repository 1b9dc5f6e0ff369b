use serde::{Deserialize, Serialize};
use trunkline::{Client, Result, service};

#[derive(Serialize)]
pub struct ChatRequest { pub message: String }
#[derive(Deserialize)]
pub struct ChatReply { pub content: String }
#[derive(Deserialize)]
pub struct Model { pub id: String }

#[service("model-service", prefix = "/api", header("X-A" = "b"), timeout = "5s", retry(times = 2), envelope, dyn)]
pub trait ModelService {
    /// Asks the model for one completion.
    #[post("/v1/chat")]
    async fn chat(&self, request: &ChatRequest) -> Result<ChatReply>;

    #[get("/v1/models/{id}")]
    #[timeout("2s")]
    async fn model(&self, id: &str, page: Option<u32>) -> Result<Model>;

    async fn both(&self, id: &str) -> Result<Model> {
        self.model(id, None).await?;
        self.model(id, None).await
    }
}

fn spawn(service: impl ModelService + Clone + 'static) {
    std::thread::spawn(move || { let _future = service.model("a", None); });
}

fn main() {
    let models = DynModelService::new(ModelServiceClient::new(&Client));
    spawn(models);
    spawn(ModelServiceClient::new(&Client));
    assert_eq!(ModelServiceClient::ENDPOINTS.len(), 2);
}
