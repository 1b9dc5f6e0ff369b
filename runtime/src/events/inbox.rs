//! Which events were handled already.

use std::hash::{BuildHasher, RandomState};
use std::pin::pin;
use std::sync::Mutex;

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use tokio::sync::Notify;

use super::latest::{EventKey, Latest};
#[cfg(feature = "outbox")]
use super::outbox::{Ledger, Outbox};
#[cfg(feature = "outbox")]
use super::text::Text;
use crate::client::lock;
#[cfg(feature = "outbox")]
use crate::{Error, ErrorKind};

/// Whether, and how, a subscription remembers what it has handled, so that an event that comes again is not handled again.
///
/// An event is known by its source and id. What is remembered in memory is forgotten with the process: then what comes
/// again is handled again.
///
/// ```
/// use trunkline::Inbox;
///
/// assert_eq!(Inbox::default(), Inbox::memory(100_000));
/// assert_ne!(Inbox::off(), Inbox::memory(1));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inbox {
    pub(super) events: usize,
    #[cfg(feature = "outbox")]
    is_durable: bool,
}

impl Inbox {
    /// Remembers this many events, the latest, in memory; about 32 bytes each.
    pub fn memory(events: usize) -> Self {
        Self {
            events,
            #[cfg(feature = "outbox")]
            is_durable: false,
        }
    }

    /// Remembers this many events, the latest, in memory and in the store of the client's outbox: what was handled before
    /// the process was killed is not handled again after it.
    ///
    /// The mark is on disk before the event is acknowledged; those of events that are handled at the same time share a
    /// sync. An event is handled again only where the process is killed between its handler's end and the mark. Where
    /// the store fails, loudly, marks are in memory alone. Needs [`ClientBuilder::outbox`](crate::ClientBuilder::outbox).
    ///
    /// ```
    /// use trunkline::{Client, ErrorKind, HandlerError, Inbox};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> trunkline::Result<()> {
    /// # let directory = std::env::temp_dir().join(format!("trunkline-inbox-{}", std::process::id()));
    /// let client = Client::builder().outbox(&directory).build()?;
    /// let subscribe = client.events().subscribe("shipping").inbox(Inbox::durable(100_000));
    /// let worker = subscribe.on_named("order_paid", |_| async { Ok::<(), HandlerError>(()) }).start().await?;
    /// # drop(worker);
    /// # std::fs::remove_dir_all(directory).ok();
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "outbox")]
    pub fn durable(events: usize) -> Self {
        Self {
            events,
            is_durable: true,
        }
    }

    /// Remembers nothing: an event that comes again is handled again.
    pub fn off() -> Self {
        Self::memory(0)
    }
}

impl Default for Inbox {
    fn default() -> Self {
        Self::memory(100_000)
    }
}

/// The events of one subscription that were handled, and those that are in hand.
#[derive(Debug)]
pub(super) struct Seen {
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
pub(super) struct Claim<'a> {
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
    pub(super) async fn open(inbox: Inbox, outbox: Option<&Outbox>, label: &Text) -> Result<Self, Error> {
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
    pub(super) fn new(inbox: Inbox) -> Self {
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
    pub(super) async fn claim(&self, source: &str, id: &str) -> Option<Claim<'_>> {
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
    pub(super) async fn handled(mut self, source: &str, id: &str) -> Result<(), String> {
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
