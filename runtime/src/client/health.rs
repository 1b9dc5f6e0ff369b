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
        .overridden(CallOptions::new().retries(0).breaker(false))
        .send()
        .await
}

/// A 2xx is healthy unless its body says otherwise.
fn verdict(body: &[u8]) -> (bool, String) {
    let report: Value = serde_json::from_slice(body).unwrap_or_default();
    let status = |report: &Value| report.get("status").filter(|status| !status.is_null()).cloned();
    let own = status(&report).filter(|status| !is_repeated(status));
    let said = own.or_else(|| status(report.get("data")?));
    match said {
        None => (true, "answered".into()),
        Some(Value::String(said)) => (is_well(&said), says(&said)),
        Some(other) => (false, says(&other.to_string())),
    }
}

/// A number of a success is the HTTP status once more: it says nothing of health, and hides nothing.
fn is_repeated(status: &Value) -> bool {
    status.as_u64().is_some_and(|code| (200..300).contains(&code))
}

fn is_well(said: &str) -> bool {
    ["healthy", "ok", "up"]
        .iter()
        .any(|word| said.eq_ignore_ascii_case(word))
}

fn says(what: &str) -> String {
    format!("says `{}`", crate::error::excerpt(what.as_bytes()))
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
        check(r#"{"status": 200}"#, true);
        check(r#"{"status": 204, "data": {}}"#, true);
        check(r#"{"status": 7}"#, false);
        check(r#"{"status": 503}"#, false);
        check(r#"{"status": 200.5}"#, false);
        check(r#"{"status": true}"#, false);
        check(r#"{"status": false}"#, false);
        check(r#"{"status": null}"#, true);
        check(r#"{"status": {}}"#, false);
        check(r#"{"data": {"status": {"db": "up"}}}"#, false);
        check(r#"{"status": 200, "data": {"status": 503}}"#, false);
        check(r#"{"status": "UP"}"#, true);
        check(r#"{"status": "ok"}"#, true);
        check(r#"{"data": {"status": "Healthy"}}"#, true);
        check(r#"{"status": "degraded"}"#, false);
        check(r#"{"data": {"status": "unhealthy"}}"#, false);
        check(r#"{"status": 200, "data": {"status": "unhealthy"}}"#, false);
        check(r#"{"status": 200, "data": {"status": "up"}}"#, true);
    }
}
