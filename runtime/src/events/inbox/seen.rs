//! Which events were handled already.

use std::hash::{BuildHasher, RandomState};
use std::pin::pin;
use std::sync::Mutex;

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use tokio::sync::Notify;

use super::super::latest::{EventKey, Latest};
#[cfg(feature = "outbox")]
use super::super::outbox::{Ledger, Outbox};
#[cfg(feature = "outbox")]
use super::super::text::Text;
use super::Inbox;
use crate::client::lock;
#[cfg(feature = "outbox")]
use crate::{Error, ErrorKind};

/// The events of one subscription that were handled, and those that are in hand.
#[derive(Debug)]
pub(in super::super) struct Seen {
    keys: [RandomState; 2],
    state: Mutex<State>,
    released: Notify,
    /// Where it is kept beyond the process.
    #[cfg(feature = "outbox")]
    ledger: Option<Ledger>,
}

#[derive(Debug)]
struct State {
    handled: Latest,
    in_hand: HashTable<EventKey>,
    /// Somebody waits for one of those in hand.
    is_awaited: bool,
}

/// The right to handle an event, for as long as this is held.
#[derive(Debug)]
pub(in super::super) struct Claim<'a> {
    seen: &'a Seen,
    event: EventKey,
    is_held: bool,
}

#[cfg(feature = "outbox")]
impl Seen {
    /// What this inbox says, with what it remembers of earlier processes.
    ///
    /// # Errors
    /// `Config` where it is durable and the client has no outbox, or its store has ended.
    pub(in super::super) async fn open(
        inbox: Inbox,
        outbox: Option<&Outbox>,
        label: &Text,
    ) -> Result<Self, Error> {
        let wrong = |message: String| Error::new(ErrorKind::Config, message);
        let mut seen = Self::new(inbox);
        if !inbox.is_durable || inbox.events == 0 {
            return Ok(seen);
        }
        let none = || wrong("a durable inbox: expected an outbox, by `ClientBuilder::outbox`".to_owned());
        let ledger = outbox.ok_or_else(none)?.ledger(label, inbox.events);
        let known = ledger.read().await;
        for (source, id) in known.map_err(|error| wrong(format!("a durable inbox: {error}")))? {
            let event = seen.event(&source, &id);
            lock(&seen.state).handled.add(event);
        }
        seen.ledger = Some(ledger);
        Ok(seen)
    }
}

impl Seen {
    pub(in super::super) fn new(inbox: Inbox) -> Self {
        Self {
            keys: [RandomState::new(), RandomState::new()],
            state: Mutex::new(State {
                handled: Latest::new(inbox.events),
                in_hand: HashTable::new(),
                is_awaited: false,
            }),
            released: Notify::new(),
            #[cfg(feature = "outbox")]
            ledger: None,
        }
    }

    fn event(&self, source: &str, id: &str) -> EventKey {
        EventKey(self.keys.each_ref().map(|key| key.hash_one((source, id))))
    }

    /// The right to handle an event; `None` when it was handled. Waits while another copy of it is in hand.
    pub(in super::super) async fn claim(&self, source: &str, id: &str) -> Option<Claim<'_>> {
        let event = self.event(source, id);
        let mut found = lock(&self.state).find(event);
        while found == Found::InHand {
            let mut released = pin!(self.released.notified());
            // Before the second look, so that what is released in between is noticed.
            released.as_mut().enable();
            found = lock(&self.state).find(event);
            if found == Found::InHand {
                released.await;
            }
        }
        (found == Found::New).then_some(Claim {
            seen: self,
            event,
            is_held: true,
        })
    }
}

/// What is known of an event that comes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    /// It is in hand from now on.
    New,
    InHand,
    Handled,
}

impl Claim<'_> {
    /// Remembers that this event, the claimed one, was handled; beyond the process first, so that a copy that waits for this
    /// one is not acknowledged before.
    ///
    /// # Errors
    /// Why it is remembered in memory alone.
    #[cfg_attr(
        not(feature = "outbox"),
        expect(clippy::unused_async, reason = "what is kept on disk takes a moment")
    )]
    pub(in super::super) async fn handled(mut self, source: &str, id: &str) -> Result<(), String> {
        #[cfg(feature = "outbox")]
        let stored = match &self.seen.ledger {
            Some(ledger) => ledger.add(source, id).await.map_err(|error| error.to_string()),
            None => Ok(()),
        };
        #[cfg(not(feature = "outbox"))]
        let stored = {
            let _ = (source, id);
            Ok(())
        };
        self.release(true);
        stored
    }

    fn release(&mut self, is_handled: bool) {
        self.is_held = false;
        let mut state = lock(&self.seen.state);
        if is_handled {
            state.handled.add(self.event);
        }
        state.release(self.event);
        let is_awaited = std::mem::take(&mut state.is_awaited);
        drop(state);
        if is_awaited {
            self.seen.released.notify_waiters();
        }
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        if self.is_held {
            self.release(false);
        }
    }
}

impl State {
    /// An event that was handled is among the latest again.
    fn find(&mut self, event: EventKey) -> Found {
        if self.handled.contains(event) {
            self.handled.add(event);
            return Found::Handled;
        }
        match self
            .in_hand
            .entry(event.hash(), |held| *held == event, |held| held.hash())
        {
            Entry::Occupied(_) => {
                self.is_awaited = true;
                Found::InHand
            }
            Entry::Vacant(place) => {
                place.insert(event);
                Found::New
            }
        }
    }

    fn release(&mut self, event: EventKey) {
        if let Ok(held) = self.in_hand.find_entry(event.hash(), |held| *held == event) {
            held.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn handle(seen: &Seen, id: &str) -> bool {
        match seen.claim("source", id).await {
            Some(claim) => {
                claim.handled("source", id).await.expect("memory");
                true
            }
            None => false,
        }
    }

    #[tokio::test]
    async fn an_event_is_handled_once_by_source_and_id() {
        let seen = Seen::new(Inbox::default());
        assert!(handle(&seen, "1").await);
        assert!(!handle(&seen, "1").await);
        assert!(seen.claim("another", "1").await.is_some());
    }

    #[tokio::test]
    async fn the_least_recently_seen_are_forgotten() {
        let seen = Seen::new(Inbox::memory(2));
        assert!(handle(&seen, "1").await && handle(&seen, "2").await);
        for _ in 0..100 {
            assert!(!handle(&seen, "1").await);
        }
        assert!(handle(&seen, "3").await);
        assert!(!handle(&seen, "1").await);
        assert!(handle(&seen, "2").await);
    }

    #[tokio::test]
    async fn without_an_inbox_everything_is_handled_again() {
        let seen = Seen::new(Inbox::off());
        assert!(handle(&seen, "1").await && handle(&seen, "1").await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_copy_waits_for_the_one_in_hand() {
        let seen = std::sync::Arc::new(Seen::new(Inbox::default()));
        let first = seen.claim("source", "1").await.expect("new");
        let copy = tokio::spawn({
            let seen = std::sync::Arc::clone(&seen);
            async move { handle(&seen, "1").await }
        });
        tokio::task::yield_now().await;
        assert!(!copy.is_finished());
        drop(first);
        assert!(copy.await.unwrap());
    }
}
