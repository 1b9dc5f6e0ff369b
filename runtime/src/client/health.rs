//! Is the service well? Asked once, of one instance, past retry and breaker.

use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::service::ServiceClient;
use crate::call::{Call, CallOptions};
use crate::reply::{Raw, Reply};
use crate::{Error, Result};

/// What a service says of itself.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Health {
    /// Whether it may be called.
    pub healthy: bool,
    /// The HTTP status of its answer, where there was one.
    pub status: Option<u16>,
    /// How long the answer took.
    pub latency: Duration,
    /// The instance that was asked, where one is known.
    pub instance: Option<String>,
    /// What it says of itself, or why it is not healthy.
    pub reason: String,
}

/// Asks the next instance in turn; the answer is not counted among the calls.
pub(super) async fn ask(service: &ServiceClient) -> Health {
    let started = Instant::now();
    let reply = send(service).await;
    let latency = started.elapsed();
    match reply {
        Ok(reply) => {
            let (healthy, reason) = verdict(reply.value().bytes());
            let instance = Some(reply.instance().to_owned());
            Health {
                healthy,
                status: Some(reply.status().as_u16()),
                latency,
                instance,
                reason,
            }
        }
        Err(error) => Health {
            healthy: false,
            status: error.response_status(),
            latency,
            instance: error.instance().map(str::to_owned),
            reason: error.cause().to_owned(),
        },
    }
}

async fn send(service: &ServiceClient) -> Result<Reply<Raw>, Error> {
    let (endpoint, query) = service.state().health_endpoint(service.shared())?;
    Call::new(service.clone(), endpoint)
        .encoded_query(&query)
        .overridden(CallOptions::new().retries(0))
        .send()
        .await
}

/// A 2xx is healthy unless its body says otherwise.
fn verdict(body: &[u8]) -> (bool, String) {
    let report: Value = serde_json::from_slice(body).unwrap_or_default();
    // A number is the HTTP status once more, or a code: it says nothing of health, and hides nothing.
    let status = |report: &Value| report.get("status").and_then(Value::as_str).map(str::to_owned);
    let said = status(&report).or_else(|| status(report.get("data")?));
    match said {
        None => (true, "answered".into()),
        Some(said) => {
            let healthy = ["healthy", "ok", "up"]
                .iter()
                .any(|word| said.eq_ignore_ascii_case(word));
            (
                healthy,
                format!("says `{}`", crate::error::excerpt(said.as_bytes())),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, healthy: bool) {
        assert_eq!(verdict(body.as_bytes()).0, healthy, "{body}");
    }

    #[test]
    fn a_status_in_the_body_decides() {
        check("", true);
        check("fine", true);
        check("{}", true);
        check(r#"{"status": 7}"#, true);
        check(r#"{"status": "UP"}"#, true);
        check(r#"{"status": "ok"}"#, true);
        check(r#"{"data": {"status": "Healthy"}}"#, true);
        check(r#"{"status": "degraded"}"#, false);
        check(r#"{"data": {"status": "unhealthy"}}"#, false);
        check(r#"{"status": 200, "data": {"status": "unhealthy"}}"#, false);
        check(r#"{"status": 200, "data": {"status": "up"}}"#, true);
    }
}
