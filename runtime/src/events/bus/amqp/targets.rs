//! The queues of targets, declared by who publishes: what is sent before a target was ever started is kept.

use std::collections::HashMap;
use std::sync::{Mutex, Weak};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::super::{Nack, Outgoing};
use super::address::Declare;
use super::declare;
use super::link::Link;
use super::publisher::Publisher;
use super::topology;
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
    answers: HashMap<(Text, Text), Answer>,
}

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
        publisher: &Publisher,
        how: Declare,
        format: EventFormat,
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
        if format != EventFormat::CloudEvents || how == Declare::Verify {
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
        let plan = topology::target(target, name);
        let answer = match declare::subscription(&link, how, &plan).await {
            Ok(()) => Answer::Declared,
            Err(fault) => Answer::Refused(fault.text, Instant::now() + REFUSED),
        };
        self.remember(&link, key, answer.clone());
        answer.read().unwrap_or(Ok(()))
    }

    fn known(&self, link: &std::sync::Arc<Link>, key: &(Text, Text)) -> Option<Result<(), Nack>> {
        let mut known = lock(&self.known);
        if known.link.as_ptr() != std::sync::Arc::as_ptr(link) {
            // Another connection, perhaps to another broker.
            *known = Known {
                link: std::sync::Arc::downgrade(link),
                answers: HashMap::new(),
            };
        }
        known.answers.get(key)?.read()
    }

    fn remember(&self, link: &std::sync::Arc<Link>, key: (Text, Text), answer: Answer) {
        let mut known = lock(&self.known);
        if known.link.as_ptr() != std::sync::Arc::as_ptr(link) {
            // Meanwhile there is another connection, whose broker was not asked.
            return;
        }
        if known.answers.len() >= MOST {
            known.answers.clear();
        }
        known.answers.insert(key, answer);
    }
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
