//! One stored event to the bus.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};
use tracing::Instrument;

use super::super::bus::{Again, Nack};
use super::super::span::{self, Relayed};
use super::Envelope;
use crate::client::Shared;

/// What became of one row.
pub(super) enum Fate {
    Published,
    Refused(String),
    Left {
        /// Not sooner than that.
        at_least: Duration,
        /// Whether no other would be taken either.
        is_shut: bool,
    },
}

/// Publishes the event under these bytes, once.
pub(super) async fn publish(shared: &Shared, bytes: Vec<u8>, deadline: Instant) -> Fate {
    let envelope = match Envelope::from_bytes(bytes) {
        Ok(envelope) => envelope,
        Err(error) => return Fate::Refused(error.message().to_owned()),
    };
    if envelope.has_expired() {
        return Fate::Refused("the event has expired".to_owned());
    }
    let figures = &shared.events.figures;
    let started = Instant::now();
    let sent = send(shared, &envelope, deadline).await;
    let nack = match sent {
        Ok(()) => {
            figures.accepted().finish(true, started.elapsed());
            return Fate::Published;
        }
        Err(nack) => nack,
    };
    figures.refused();
    if nack.again == Again::Never {
        figures.accepted().finish(false, started.elapsed());
        return Fate::Refused(nack.reason);
    }
    Fate::Left {
        at_least: nack.after,
        is_shut: nack.is_shut,
    }
}

async fn send(shared: &Shared, envelope: &Envelope, deadline: Instant) -> Result<(), Nack> {
    let away = |reason: &str| Nack::temporary(reason.to_owned());
    let bus = shared.events.bus().map_err(|error| away(error.message()))?;
    let span = span::send(&Relayed {
        enabled: shared.logging,
        system: bus.system(),
        wire: &envelope.outgoing().wire,
    });
    let publishing = bus.publish(envelope.outgoing(), Some(deadline));
    let sent = timeout_at(deadline, publishing).instrument(span.clone()).await;
    let sent = sent.unwrap_or_else(|_| Err(away("no confirmation in time")));
    if sent.is_err() {
        span::record_unsent(&span);
    }
    sent
}
