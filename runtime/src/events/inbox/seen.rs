//! Which events were handled already.

use std::hash::{BuildHasher, RandomState};
use std::pin::pin;
use std::sync::Mutex;

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use tokio::sync::Notify;
#[cfg(feature = "outbox")]
use tokio::sync::OnceCell;

use super::super::latest::{EventKey, Latest};
#[cfg(feature = "outbox")]
use super::super::outbox::{Ledger, Outbox, StoreError};
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
    ledger: OnceCell<Ledger>,
}

#[derive(Debug)]
struct State {
    handled: Latest,
    /// Handled by this process, which could not keep the mark and may be asked about the event again.
    unmarked: HashTable<EventKey>,
    most_unmarked: usize,
    in_hand: HashTable<EventKey>,
    /// Somebody waits for one of those in hand.
    is_awaited: bool,
}

/// The right to handle an event, for as long as this is held.
#[derive(Debug)]
pub(in super::super) struct Claim<'a> {
    seen: &'a Seen,
    event: EventKey,
    progress: Progress,
}

/// How far a claimed event has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    /// It is to be handled.
    Open,
    /// Its handler has returned.
    Handled,
    /// That is kept, wherever it is to be kept.
    Marked,
}

#[cfg(feature = "outbox")]
impl Seen {
    /// Learns, once, what this inbox remembers of earlier processes.
    ///
    /// # Errors
    /// `Config` where it is durable and the client has no outbox, or its store has ended.
    pub(in super::super) async fn open(
        &self,
        inbox: Inbox,
        outbox: Option<&Outbox>,
        label: &Text,
    ) -> Result<(), Error> {
        if !inbox.is_durable || inbox.events == 0 {
            return Ok(());
        }
        let wrong = |message: String| Error::new(ErrorKind::Config, message);
        let none = || wrong("a durable inbox: expected an outbox, by `ClientBuilder::outbox`".to_owned());
        let ledger = outbox.ok_or_else(none)?.ledger(label, inbox.events);
        let learnt = self.ledger.get_or_try_init(|| self.learn(ledger)).await;
        learnt
            .map(drop)
            .map_err(|error| wrong(format!("a durable inbox: {error}")))
    }

    async fn learn(&self, ledger: Ledger) -> Result<Ledger, StoreError> {
        for (source, id) in ledger.read().await? {
            let event = self.event(&source, &id);
            lock(&self.state).handled.add(event);
        }
        Ok(ledger)
    }
}

impl Seen {
    pub(in super::super) fn new(inbox: Inbox) -> Self {
        Self {
            keys: [RandomState::new(), RandomState::new()],
            state: Mutex::new(State {
                handled: Latest::new(inbox.events),
                unmarked: HashTable::new(),
                most_unmarked: inbox.events,
                in_hand: HashTable::new(),
                is_awaited: false,
            }),
            released: Notify::new(),
            #[cfg(feature = "outbox")]
            ledger: OnceCell::new(),
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
        let progress = match found {
            Found::New => Progress::Open,
            Found::Unmarked => Progress::Handled,
            Found::InHand | Found::Handled => return None,
        };
        Some(Claim {
            seen: self,
            event,
            progress,
        })
    }
}

/// What is known of an event that comes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    /// It is in hand from now on.
    New,
    /// It is in hand from now on, and was handled already: what is missing is the mark.
    Unmarked,
    InHand,
    Handled,
}

impl Claim<'_> {
    /// Whether this process has handled the event before and could not mark it.
    pub(in super::super) fn is_handled(&self) -> bool {
        self.progress != Progress::Open
    }

    /// The handler has returned: this process does not run it again for this event, whatever becomes of the claim.
    pub(in super::super) fn succeed(&mut self) {
        self.progress = Progress::Handled;
    }

    /// Remembers that this event, the claimed one, was handled; beyond the process first, so that a copy that waits for this
    /// one is not acknowledged before.
    ///
    /// # Errors
    /// Why it could not be kept beyond the process; it may be tried again.
    #[cfg_attr(
        not(feature = "outbox"),
        expect(clippy::unused_async, reason = "what is kept on disk takes a moment")
    )]
    pub(in super::super) async fn mark(&mut self, source: &str, id: &str) -> Result<(), String> {
        #[cfg(feature = "outbox")]
        if let Some(ledger) = self.seen.ledger.get() {
            ledger.add(source, id).await.map_err(|error| error.to_string())?;
        }
        #[cfg(not(feature = "outbox"))]
        let _ = (source, id);
        self.progress = Progress::Marked;
        Ok(())
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        let mut state = lock(&self.seen.state);
        state.release(self.event, self.progress);
        let is_awaited = std::mem::take(&mut state.is_awaited);
        drop(state);
        if is_awaited {
            self.seen.released.notify_waiters();
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
                if remove(&mut self.unmarked, event) {
                    Found::Unmarked
                } else {
                    Found::New
                }
            }
        }
    }

    fn release(&mut self, event: EventKey, progress: Progress) {
        remove(&mut self.in_hand, event);
        match progress {
            Progress::Marked => self.handled.add(event),
            Progress::Handled if self.unmarked.len() < self.most_unmarked => {
                self.unmarked
                    .insert_unique(event.hash(), event, |known| known.hash());
            }
            // They are as many as may be remembered; beyond, what comes again is handled again.
            Progress::Open | Progress::Handled => {}
        }
    }
}

/// Whether it was there.
fn remove(events: &mut HashTable<EventKey>, event: EventKey) -> bool {
    if events.is_empty() {
        return false;
    }
    match events.find_entry(event.hash(), |known| *known == event) {
        Ok(known) => {
            known.remove();
            true
        }
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn handle(seen: &Seen, id: &str) -> bool {
        match seen.claim("source", id).await {
            Some(mut claim) => {
                claim.succeed();
                claim.mark("source", id).await.expect("memory");
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

    #[tokio::test]
    async fn what_was_handled_and_not_marked_is_not_handled_again() {
        let seen = Seen::new(Inbox::memory(1));
        for id in ["1", "2"] {
            let mut claim = seen.claim("source", id).await.expect("new");
            assert!(!claim.is_handled());
            claim.succeed();
        }
        let mut known = seen.claim("source", "1").await.expect("it is not marked");
        assert!(known.is_handled());
        let beyond = seen.claim("source", "2").await.expect("it is not marked");
        assert!(!beyond.is_handled(), "no more are remembered than it says");
        known.mark("source", "1").await.expect("memory");
        drop(known);
        assert!(seen.claim("source", "1").await.is_none());
    }
}
