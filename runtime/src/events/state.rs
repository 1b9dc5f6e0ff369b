//! How the way to the broker is.

use std::fmt;
#[cfg(feature = "outbox")]
use std::future::{Future, poll_fn};
#[cfg(feature = "outbox")]
use std::pin::pin;
use std::sync::Arc;
#[cfg(feature = "outbox")]
use std::task::Poll;

use serde::{Serialize, Serializer};
use tokio::sync::watch;

#[cfg(feature = "outbox")]
use super::outbox::Health;

/// The state of the connection to whoever carries the events; see [`Events::state`](super::Events::state).
///
/// In process and over `http:` it is `Up`; an outbox that has failed is `Down` whatever is behind it. Publishing goes on in
/// every state: what cannot be sent now waits, in the outbox where there is one, else until its deadline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventsState {
    /// It is being connected to for the first time.
    Connecting,
    /// It takes events and delivers them.
    #[default]
    Up,
    /// It takes no events because of an alarm: it is short of memory or disk. It delivers still.
    Blocked,
    /// It cannot be reached, for this reason, and is tried again.
    Down(Arc<str>),
}

/// The states of a client's events, one after the other; made by [`Events::watch`](super::Events::watch).
#[derive(Clone, Debug)]
pub struct EventsWatch {
    states: watch::Receiver<EventsState>,
    #[cfg(feature = "outbox")]
    outbox: Option<Health>,
}

impl EventsWatch {
    #[cfg(not(feature = "outbox"))]
    pub(super) fn new(states: watch::Receiver<EventsState>) -> Self {
        Self { states }
    }

    #[cfg(feature = "outbox")]
    pub(super) fn new(states: watch::Receiver<EventsState>, outbox: Option<Health>) -> Self {
        Self { states, outbox }
    }

    /// The state of the moment.
    pub fn state(&self) -> EventsState {
        let state = self.states.borrow().clone();
        #[cfg(feature = "outbox")]
        let state = with_outbox(state, self.outbox.as_ref());
        state
    }

    /// Waits for a state that is not the one seen last, and gives it; of several changes in between only the last is seen.
    /// Where there will be none, in process or after the client is gone, it waits for ever.
    pub async fn changed(&mut self) -> EventsState {
        #[cfg(feature = "outbox")]
        if let Some(outbox) = &mut self.outbox {
            let mut failed = pin!(outbox.failed());
            let mut changed = pin!(changed(&mut self.states));
            return poll_fn(|cx| match failed.as_mut().poll(cx) {
                Poll::Ready(down) => Poll::Ready(down),
                Poll::Pending => changed.as_mut().poll(cx),
            })
            .await;
        }
        changed(&mut self.states).await
    }
}

/// Both together: an outbox that has failed is down, whatever is behind it.
#[cfg(feature = "outbox")]
pub(super) fn with_outbox(state: EventsState, outbox: Option<&Health>) -> EventsState {
    outbox.and_then(Health::down).unwrap_or(state)
}

async fn changed(states: &mut watch::Receiver<EventsState>) -> EventsState {
    match states.changed().await {
        Ok(()) => states.borrow_and_update().clone(),
        Err(_) => std::future::pending().await,
    }
}

impl fmt::Display for EventsState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connecting => f.write_str("connecting"),
            Self::Up => f.write_str("up"),
            Self::Blocked => f.write_str("blocked"),
            Self::Down(reason) => write!(f, "down: {reason}"),
        }
    }
}

impl Serialize for EventsState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
