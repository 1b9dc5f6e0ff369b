//! How the connections are, for whoever looks.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::super::LinkFigures;
use super::fault::{Cause, Fault};
use crate::client::lock;
use crate::events::EventsState;
use crate::events::text::Text;

/// What a connection is for: an alarm on the one must not freeze the acknowledgements on the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Publishing,
    Consuming,
}

/// The states of both connections, and what happened to them.
#[derive(Debug)]
pub(super) struct States {
    seen: watch::Sender<EventsState>,
    tally: Mutex<Tally>,
}

#[derive(Debug, Default)]
struct Tally {
    publishing: Option<EventsState>,
    consuming: Option<EventsState>,
    /// The subscriptions that the broker does not let be, and why.
    refused: HashMap<Text, EventsState>,
    lost: BTreeMap<Cause, u64>,
    blocked: Duration,
    blocked_since: Option<Instant>,
}

impl Role {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Publishing => "publishing",
            Self::Consuming => "consuming",
        }
    }
}

impl States {
    pub(super) fn new() -> Self {
        Self {
            seen: watch::Sender::new(EventsState::Connecting),
            tally: Mutex::default(),
        }
    }

    pub(super) fn watch(&self) -> watch::Receiver<EventsState> {
        self.seen.subscribe()
    }

    pub(super) fn set(&self, role: Role, state: EventsState) {
        let mut tally = lock(&self.tally);
        tally.time(role, &state);
        *tally.place(role) = Some(state);
        self.show(&tally);
    }

    /// A subscription is not what it should be, on a connection that is; it is tried again.
    pub(super) fn refused(&self, queue: &Text, fault: &Fault) {
        let mut tally = lock(&self.tally);
        *tally.lost.entry(fault.cause).or_default() += 1;
        if matches!(fault.cause, Cause::Conflict | Cause::Refused) {
            let state = EventsState::Down(fault.text.as_str().into());
            tally.refused.insert(queue.clone(), state);
            self.show(&tally);
        }
    }

    /// A subscription takes events, or is over.
    pub(super) fn restored(&self, queue: &Text) {
        let mut tally = lock(&self.tally);
        if tally.refused.remove(queue).is_some() {
            self.show(&tally);
        }
    }

    fn show(&self, tally: &Tally) {
        let worst = tally.worst();
        self.seen.send_if_modified(|seen| {
            let is_new = *seen != worst;
            *seen = worst;
            is_new
        });
    }

    /// The connection of this role is down, and is tried again.
    pub(super) fn down(&self, role: Role, fault: &Fault) {
        *lock(&self.tally).lost.entry(fault.cause).or_default() += 1;
        self.set(role, EventsState::Down(fault.text.as_str().into()));
    }

    /// Whether the alarm is over or on, where that is news.
    pub(super) fn blocked(&self, role: Role, is_blocked: bool) {
        let known = lock(&self.tally).place(role).clone();
        match (known, is_blocked) {
            (Some(EventsState::Up), true) => self.set(role, EventsState::Blocked),
            (Some(EventsState::Blocked), false) => self.set(role, EventsState::Up),
            _ => {}
        }
    }

    pub(super) fn figures(&self) -> LinkFigures {
        let tally = lock(&self.tally);
        let now = tally.blocked_since.map(|since| since.elapsed());
        let named = tally
            .lost
            .iter()
            .map(|(cause, count)| (cause.label().to_owned(), *count));
        LinkFigures {
            reconnects: named.collect(),
            blocked: tally.blocked + now.unwrap_or_default(),
        }
    }
}

impl Tally {
    fn place(&mut self, role: Role) -> &mut Option<EventsState> {
        match role {
            Role::Publishing => &mut self.publishing,
            Role::Consuming => &mut self.consuming,
        }
    }

    /// Only an alarm on the publishing connection holds anything up.
    fn time(&mut self, role: Role, state: &EventsState) {
        if role == Role::Consuming {
            return;
        }
        if let Some(since) = self.blocked_since.take() {
            self.blocked += since.elapsed();
        }
        if *state == EventsState::Blocked {
            self.blocked_since = Some(Instant::now());
        }
    }

    fn worst(&self) -> EventsState {
        let states = [&self.publishing, &self.consuming];
        let states = states.into_iter().flatten().chain(self.refused.values());
        let worst = states.max_by_key(|state| severity(state));
        worst.cloned().unwrap_or(EventsState::Connecting)
    }
}

fn severity(state: &EventsState) -> u8 {
    match state {
        EventsState::Up => 0,
        EventsState::Blocked => 1,
        EventsState::Connecting => 2,
        EventsState::Down(_) => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscription_that_cannot_be_is_seen_until_it_can() {
        let states = States::new();
        let seen = states.watch();
        states.set(Role::Publishing, EventsState::Up);
        states.set(Role::Consuming, EventsState::Up);
        let queue = Text::from("trunkline.q.a");
        states.refused(&queue, &Fault::new(Cause::Channel, "it is closed"));
        assert_eq!(*seen.borrow(), EventsState::Up);
        states.refused(&queue, &Fault::new(Cause::Conflict, "other arguments"));
        assert_eq!(*seen.borrow(), EventsState::Down("other arguments".into()));
        states.restored(&queue);
        assert_eq!(*seen.borrow(), EventsState::Up);
        let expected = BTreeMap::from([("channel".to_owned(), 1), ("conflict".to_owned(), 1)]);
        assert_eq!(states.figures().reconnects, expected);
    }

    #[tokio::test(start_paused = true)]
    async fn the_worse_connection_is_what_is_seen() {
        let states = States::new();
        let seen = states.watch();
        states.set(Role::Publishing, EventsState::Up);
        assert_eq!(*seen.borrow(), EventsState::Up);
        states.down(Role::Consuming, &Fault::new(Cause::Silent, "gone"));
        assert_eq!(*seen.borrow(), EventsState::Down("gone".into()));
        states.set(Role::Consuming, EventsState::Up);
        states.blocked(Role::Publishing, true);
        assert_eq!(*seen.borrow(), EventsState::Blocked);
        tokio::time::advance(Duration::from_secs(3)).await;
        states.blocked(Role::Publishing, false);
        let figures = states.figures();
        assert_eq!(figures.blocked, Duration::from_secs(3));
        assert_eq!(figures.reconnects, BTreeMap::from([("silent".to_owned(), 1)]));
    }
}
