//! How the way to the broker is.

use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};
use tokio::sync::watch;

/// How a client stands with whoever carries its events; see [`Events::state`](super::Events::state).
///
/// In process and over `http:` it is always `Up`. Publishing goes on in every state: what cannot be sent now waits, in the outbox where there
/// is one, else until its deadline.
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
pub struct EventsWatch(watch::Receiver<EventsState>);

impl EventsWatch {
    pub(super) fn new(states: watch::Receiver<EventsState>) -> Self {
        Self(states)
    }

    /// The state of the moment.
    pub fn state(&self) -> EventsState {
        self.0.borrow().clone()
    }

    /// Waits for a state that is not the one seen last, and gives it; of several changes in between only the last is seen.
    /// Where there will be none, in process or after the client is gone, it waits for ever.
    pub async fn changed(&mut self) -> EventsState {
        match self.0.changed().await {
            Ok(()) => self.0.borrow_and_update().clone(),
            Err(_) => std::future::pending().await,
        }
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
