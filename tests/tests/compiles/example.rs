//! The example of the README.
use serde::{Deserialize, Serialize};
use trunkline::{Client, Result, service};

#[derive(Serialize)]
pub struct ChatRequest {
    pub message: String,
}

#[derive(Deserialize)]
pub struct ChatReply {
    pub content: String,
}

#[derive(Deserialize)]
pub struct Model {
    pub id: String,
}

#[service("model-service")]
pub trait ModelService {
    /// Asks the model for one completion.
    #[post("/api/v1/chat")]
    async fn chat(&self, request: &ChatRequest) -> Result<ChatReply>;

    #[get("/api/v1/models/{id}")]
    #[timeout("2s")]
    async fn model(&self, id: &str) -> Result<Model>;
}

async fn ask(client: &Client) -> Result<String> {
    let models = ModelServiceClient::new(client);
    let reply = models
        .chat(&ChatRequest {
            message: "Hello".into(),
        })
        .await?;
    let model = ModelServiceClient::at(client, "http://localhost:1")
        .model(&reply.content)
        .await?;
    Ok(model.id)
}

pub(super) fn main() {
    let _ = ask;
    assert_eq!(ModelServiceClient::ENDPOINTS.len(), 2);
}
