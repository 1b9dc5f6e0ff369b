//! Whether a store takes events, for whoever looks.

use std::fmt;
use std::sync::Arc;

use super::StoreError;
use super::shared::Shared;
use crate::events::EventsState;

/// A look at a store, which it does not keep open.
#[derive(Clone)]
pub(crate) struct Health {
    shared: Arc<Shared>,
    was_told: bool,
}

impl Health {
    pub(super) fn new(shared: &Arc<Shared>) -> Self {
        let mut health = Self {
            shared: Arc::clone(shared),
            was_told: false,
        };
        health.was_told = health.down().is_some();
        health
    }

    /// What is wrong with it; that it was closed is not.
    pub(crate) fn down(&self) -> Option<EventsState> {
        match self.shared.end.get()? {
            StoreError::Closed => None,
            failure => Some(EventsState::Down(format!("outbox: {failure}").into())),
        }
    }

    /// Resolves once something is wrong with it that was not seen before.
    pub(crate) async fn failed(&mut self) -> EventsState {
        if !self.was_told {
            // It has no permits: this returns when the writing thread is done.
            let _ = self.shared.finished.acquire().await;
            if let Some(down) = self.down() {
                self.was_told = true;
                return down;
            }
        }
        std::future::pending().await
    }
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Health").finish_non_exhaustive()
    }
}
