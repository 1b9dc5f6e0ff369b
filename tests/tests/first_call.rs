//! The first example of the README, against a real server.

use axum::{Json, Router, extract::Path, routing};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use trunkline::{Client, Result, ServiceConfig, service};

#[derive(Serialize)]
struct ChatRequest {
    message: String,
}

#[derive(Debug, Deserialize, PartialEq)]
struct ChatReply {
    content: String,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Model {
    id: String,
}

#[service("model-service")]
trait ModelService {
    /// Asks the model for one completion.
    #[post("/api/v1/chat")]
    async fn chat(&self, request: &ChatRequest) -> Result<ChatReply>;

    #[get("/api/v1/models/{id}")]
    #[timeout("2s")]
    async fn model(&self, id: &str) -> Result<Model>;
}

#[tokio::test]
async fn a_trait_calls_a_server() -> Result<()> {
    let app = Router::new()
        .route(
            "/api/v1/chat",
            routing::post(
                |Json(body): Json<Value>| async move { Json(json!({ "content": body["message"] })) },
            ),
        )
        .route(
            "/api/v1/models/{id}",
            routing::get(|Path(id): Path<String>| async move { Json(json!({ "id": id })) }),
        );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });

    let client = Client::builder()
        .service(
            "model-service",
            ServiceConfig::new().url(format!("http://{address}")),
        )
        .build()?;
    let models = ModelServiceClient::new(&client);
    let reply = models
        .chat(&ChatRequest {
            message: "Hello".into(),
        })
        .await?;
    assert_eq!(reply.content, "Hello");
    assert_eq!(models.model("a/b c").await?, Model { id: "a/b c".into() });
    let reply = client
        .service("model-service")
        .get("/api/v1/models/{id}")
        .path("id", 7)
        .query("page", 1)
        .send()
        .await?;
    assert_eq!(reply.json::<Model>()?.id, "7");
    println!("{:#?}", client.metrics());
    Ok(())
}

#[tokio::test]
async fn a_header_that_frames_the_message_is_refused() -> Result<()> {
    let config = || ServiceConfig::new().url("http://127.0.0.1:1");
    let client = Client::builder().service("model-service", config()).build()?;
    let call = client
        .service("model-service")
        .post("/x")
        .header("Content-Length", "7");
    let error = call.body("text").send().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.attempts()),
        (trunkline::ErrorKind::Request, 0)
    );
    assert!(error.to_string().contains("`content-length`"), "{error}");

    let framed = config().header("Transfer-Encoding", "chunked");
    let client = Client::builder().service("model-service", framed).build()?;
    let error = client
        .service("model-service")
        .get("/x")
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), trunkline::ErrorKind::Config);
    Ok(())
}
