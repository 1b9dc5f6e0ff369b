//! Errors that a caller acts on: by kind, by code, by a typed body, by a variant for each status.
//!
//! `cargo run --example errors`

use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;
use tokio::net::TcpListener;
use trunkline::{Client, Error, ErrorKind, FromReply, Raw, Reply, Result, ServiceConfig, service};

#[derive(Debug, Deserialize)]
struct Account {
    #[allow(dead_code, reason = "shown by `Debug`")]
    id: u64,
}

/// The body of an error by RFC 9457.
#[derive(Deserialize)]
struct Problem {
    balance: i64,
}

/// One variant for each status that this caller treats apart: such a status is a value and no error.
#[derive(FromReply)]
enum Opened {
    #[status(201)]
    New(Account),
    #[status(409)]
    Taken,
    #[status(other)]
    Other(Reply<Raw>),
}

/// The caller's own error: any type that is `From<trunkline::Error>`.
#[derive(Debug)]
enum PaymentError {
    NotEnoughMoney { missing: i64 },
    Unknown(Error),
}

impl From<Error> for PaymentError {
    fn from(error: Error) -> Self {
        match (error.status_code(), error.json::<Problem>()) {
            (Some(402), Ok(problem)) => Self::NotEnoughMoney {
                missing: -problem.balance,
            },
            _ => Self::Unknown(error),
        }
    }
}

#[service("bank")]
trait Bank {
    #[get("/accounts/{id}")]
    async fn account(&self, id: &str) -> Result<Account>;

    #[post("/accounts")]
    async fn open(&self, #[field] owner: &str) -> Result<Opened>;

    #[post("/payments")]
    async fn pay(&self, #[field] amount: u32) -> std::result::Result<(), PaymentError>;

    #[get("/reports/latest")]
    #[envelope]
    async fn report(&self) -> Result<String>;

    #[get("/rates")]
    #[timeout("250ms")]
    async fn rates(&self) -> Result<Vec<f64>>;
}

#[tokio::main]
async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let url = start_bank().await?;
    let client = Client::builder()
        .service("bank", ServiceConfig::new().url(url).retries(1))
        .build()?;
    let bank = BankClient::new(&client);

    by_question(&bank).await;
    by_status(&bank).await?;
    by_own_error(&bank).await;
    where_nothing_listens(&client).await;
    Ok(())
}

/// Which question decides what is done next.
async fn by_question(bank: &BankClient) {
    println!("what to do about an error");
    // An argument that cannot be sent: nothing was, and no server can change that.
    tell(bank.account("..").await);
    tell(bank.account("missing").await);
    tell(bank.account("odd").await);
    tell(bank.report().await);
    tell(bank.rates().await);
}

fn tell<T>(outcome: Result<T>) {
    let Err(error) = outcome else { return };
    println!("  {error}\n    {}", advice(&error));
}

fn advice(error: &Error) -> String {
    if let Some(wait) = error.retry_after() {
        return format!("come back in {wait:?}");
    }
    match error.kind() {
        ErrorKind::Request | ErrorKind::Config => "a mistake of ours: mend it".into(),
        ErrorKind::Status if error.status_code() == Some(404) => "it does not exist: go on without".into(),
        ErrorKind::Business => format!(
            "the service says no, with code {:?}: show its message",
            error.code()
        ),
        ErrorKind::Decode => "we and the service disagree about the reply: tell its owners".into(),
        _ if error.is_timeout() => "slow today: show what we have".into(),
        _ if error.is_unavailable() => "nobody is there: queue it for later".into(),
        kind => format!(
            "{kind:?}: log it, the trace id is {}",
            error.trace_id().unwrap_or("unknown")
        ),
    }
}

async fn by_status(bank: &BankClient) -> Result<()> {
    println!("\na variant for each status");
    for owner in ["ada", "bob", "eve"] {
        let outcome = match bank.open(owner).await? {
            Opened::New(account) => format!("{account:?}"),
            Opened::Taken => "has one already".into(),
            Opened::Other(reply) => format!("unforeseen {}: {}", reply.status(), reply.text()?),
        };
        println!("  open({owner:?})  {outcome}");
    }
    Ok(())
}

async fn by_own_error(bank: &BankClient) {
    println!("\nan error type of the caller's own");
    match bank.pay(100).await {
        Ok(()) => println!("  paid"),
        Err(PaymentError::NotEnoughMoney { missing }) => println!("  {missing} more are needed"),
        Err(PaymentError::Unknown(error)) => println!("  {error}"),
    }
}

async fn where_nothing_listens(client: &Client) {
    println!("\na service that is down");
    let nowhere = BankClient::at(client, "http://127.0.0.1:1");
    let Err(error) = nowhere.account("1").await else {
        return;
    };
    println!("  {error}");
    println!(
        "  {:?}, unavailable: {}, may have reached the server: {}, attempts: {}",
        error.kind(),
        error.is_unavailable(),
        error.may_have_reached_server(),
        error.attempts()
    );
    println!("  {}", advice(&error));
}

async fn start_bank() -> std::io::Result<String> {
    let app = Router::new()
        .route("/accounts/missing", get(StatusCode::NOT_FOUND))
        .route(
            "/accounts/odd",
            get(|| async { Json(json!({ "id": "seventeen" })) }),
        )
        .route("/accounts", post(open))
        .route("/payments", post(pay))
        .route(
            "/reports/latest",
            get(|| async { Json(json!({ "code": 3100, "message": "not written yet" })) }),
        )
        .route("/rates", get(std::future::pending::<()>));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(url)
}

async fn open(Json(body): Json<serde_json::Value>) -> axum::response::Response {
    match body["owner"].as_str() {
        Some("ada") => (StatusCode::CREATED, Json(json!({ "id": 1 }))).into_response(),
        Some("bob") => StatusCode::CONFLICT.into_response(),
        _ => (StatusCode::IM_A_TEAPOT, "short and stout").into_response(),
    }
}

async fn pay() -> impl IntoResponse {
    let problem = json!({ "title": "not enough money", "status": 402, "balance": -30 });
    (
        StatusCode::PAYMENT_REQUIRED,
        [("content-type", "application/problem+json")],
        problem.to_string(),
    )
}
