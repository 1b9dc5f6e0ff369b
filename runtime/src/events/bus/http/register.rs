//! Tells the messaging service where to send events to: until it worked, and again when it comes back.

use std::sync::Arc;
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde_json::Value;
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use super::super::Declaration;
use super::HttpBus;
use crate::events::backoff::Backoff;
use crate::{Error, ErrorKind, Result};

/// The longest wait after the first failure; it doubles up to the next.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// How often the messaging service is asked whether it is there, so that its return is noticed.
const LOOK: Duration = Duration::from_secs(15);

/// What is unreserved stands as it is.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

#[derive(Serialize)]
struct Subscription<'a> {
    event_type: &'a str,
    service_name: &'a str,
    callback_url: String,
}

/// Registers until it is dropped; `told` hears of the first round, however it ended.
pub(super) async fn run(bus: Arc<HttpBus>, declaration: Declaration, told: oneshot::Sender<()>) {
    let mut told = Some(told);
    let mut returns = bus.returns.subscribe();
    loop {
        returns.mark_unchanged();
        let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
        while let Err(error) = register(&bus, &declaration).await {
            told.take();
            warn(&bus, &declaration, &error);
            sleep(pause(&bus, &mut backoff)).await;
        }
        told.take();
        // The bus has the sender.
        while timeout(LOOK, returns.changed()).await.is_err() {
            look(&bus).await;
        }
    }
}

/// All names, one after the other.
async fn register(bus: &HttpBus, declaration: &Declaration) -> Result<()> {
    for name in &declaration.names {
        let service = bus
            .service()
            .ok_or_else(|| Error::new(ErrorKind::ShuttingDown, super::GONE))?;
        let subscription = Subscription {
            event_type: name,
            service_name: &declaration.group,
            callback_url: callback(bus, &declaration.group, name),
        };
        let call = service.post("/api/events/subscribe").json(&subscription);
        let reply = call.retries(0).send().await?;
        let said: Value = serde_json::from_slice(reply.value().bytes()).unwrap_or_default();
        if said.get("success") == Some(&Value::Bool(false)) {
            let said = said.get("message").and_then(Value::as_str).unwrap_or("no reason");
            let said = crate::error::excerpt(said.as_bytes());
            return Err(Error::new(ErrorKind::Business, said));
        }
    }
    Ok(())
}

/// Where the events of this name are to be sent.
fn callback(bus: &HttpBus, group: &str, name: &str) -> String {
    let name = utf8_percent_encode(name, SEGMENT);
    match &bus.settings.callbacks {
        Some(base) => format!("{}/{name}", base.trim_end_matches('/')),
        None => format!("http://{group}/internal/events/{name}"),
    }
}

/// An answer of any kind means that it is there.
async fn look(bus: &HttpBus) {
    if let Some(service) = bus.service() {
        bus.notice(service.health().await.status.is_none());
    }
}

/// Without a client any time will do: nobody is told anything any more.
fn pause(bus: &HttpBus, backoff: &mut Backoff) -> Duration {
    let drawn = bus
        .service()
        .map(|service| backoff.next(&service.shared().random));
    drawn.unwrap_or(LONGEST_PAUSE)
}

fn warn(bus: &HttpBus, declaration: &Declaration, error: &Error) {
    if !bus.service().is_some_and(|service| service.shared().logging) {
        return;
    }
    let (group, reason) = (declaration.group.as_str(), error.cause());
    tracing::warn!(target: "trunkline::event", group, reason, "the messaging service was not told where to send events to");
}
