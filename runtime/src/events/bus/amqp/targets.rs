//! The queues of targets, declared by who publishes: what is sent before a target was ever started is kept.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::super::{Nack, Outgoing};
use super::address::Declare;
use super::fault::{Cause, Fault};
use super::link::Link;
use super::publisher::Publisher;
use super::{Core, declare, topology};
use crate::client::lock;
use crate::events::EventFormat;
use crate::events::text::Text;
use crate::events::topology::Route;

/// The most that are remembered; then they are asked for again.
const MOST: usize = 10_000;
/// How long a refusal is believed.
const REFUSED: Duration = Duration::from_secs(5);

/// What is known of the queues of targets on one connection.
pub(super) struct Targets {
    known: Mutex<Known>,
    /// One declares at a time: many publishes to a new target ask once.
    turn: Semaphore,
}

#[derive(Default)]
struct Known {
    link: Weak<Link>,
    answers: HashMap<Key, Answer>,
    /// What was declared on an earlier connection.
    before: Vec<Key>,
}

/// A target, and the name of what it is sent.
type Key = (Text, Text);

#[derive(Clone)]
enum Answer {
    Declared,
    Refused(String, Instant),
}

impl Targets {
    pub(super) fn new() -> Self {
        Self {
            known: Mutex::default(),
            turn: Semaphore::new(1),
        }
    }

    /// Declares what the event's target needs, unless that was done on this connection.
    ///
    /// # Errors
    /// For now, when the broker refuses or does not answer.
    pub(super) async fn ensure(
        &self,
        core: &Core,
        publisher: &Publisher,
        outgoing: &Outgoing,
    ) -> Result<(), Nack> {
        let Route::Address {
            target: Some(target),
            name,
            ..
        } = &outgoing.route
        else {
            return Ok(());
        };
        if core.format != EventFormat::CloudEvents || core.addresses.declare == Declare::Verify {
            return Ok(());
        }
        let link = publisher.link().await?;
        let key = (target.clone(), name.clone());
        if let Some(known) = self.known(&link, &key) {
            return known;
        }
        let _turn = self.turn.acquire().await;
        if let Some(known) = self.known(&link, &key) {
            return known;
        }
        let declared = declare_target(&link, &key).await;
        let answer = match &declared {
            Ok(()) => Answer::Declared,
            Err(fault) if fault.cause == Cause::Missing => {
                // An operator has deleted an exchange.
                let restored = core.restore(&link).await;
                return Err(Nack::temporary(
                    restored.err().unwrap_or_else(|| fault.clone()).text,
                ));
            }
            Err(fault) => Answer::Refused(fault.text.clone(), Instant::now() + REFUSED),
        };
        self.remember(&link, key, answer.clone());
        answer.read().unwrap_or(Ok(()))
    }

    /// Declares again what was declared before: with an exchange all that was bound to it is gone. What is refused is told
    /// to the next event of its target.
    pub(super) async fn restore(&self, link: &Arc<Link>) {
        for key in self.all(link) {
            if declare_target(link, &key).await.is_ok() {
                self.remember(link, key, Answer::Declared);
            }
        }
    }

    fn all(&self, link: &Arc<Link>) -> Vec<Key> {
        let mut known = lock(&self.known);
        known.on(link);
        known.answers.keys().chain(&known.before).cloned().collect()
    }

    fn known(&self, link: &Arc<Link>, key: &Key) -> Option<Result<(), Nack>> {
        let mut known = lock(&self.known);
        known.on(link);
        known.answers.get(key)?.read()
    }

    fn remember(&self, link: &Arc<Link>, key: Key, answer: Answer) {
        let mut known = lock(&self.known);
        if known.link.as_ptr() != Arc::as_ptr(link) {
            // Meanwhile there is another connection, whose broker was not asked.
            return;
        }
        if known.answers.len() >= MOST {
            known.answers.clear();
        }
        known.answers.insert(key, answer);
    }
}

impl Known {
    /// Of this connection; what is known of another, perhaps to another broker, is asked again.
    fn on(&mut self, link: &Arc<Link>) {
        if self.link.as_ptr() == Arc::as_ptr(link) {
            return;
        }
        self.link = Arc::downgrade(link);
        let before = std::mem::take(&mut self.answers).into_keys();
        if before.len() > 0 {
            self.before = before.collect();
        }
    }
}

async fn declare_target(link: &Link, (target, name): &Key) -> Result<(), Fault> {
    declare::subscription(link, Declare::Make, &topology::target(target, name)).await
}

impl Answer {
    /// `None` once it is not believed any more.
    fn read(&self) -> Option<Result<(), Nack>> {
        match self {
            Self::Declared => Some(Ok(())),
            Self::Refused(reason, until) if *until > Instant::now() => {
                Some(Err(Nack::temporary(reason.clone())))
            }
            Self::Refused(..) => None,
        }
    }
}
