//! How far an event came that the messaging service will send again, so that its attempts come to an end.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;

use super::super::super::format::{ATTEMPT, FIRST_FAILURE};
use super::super::super::letter;
use super::super::super::message::Message;
use super::super::super::text::Text;
use super::super::super::wire::Wire;
use crate::client::lock;

/// The most events that are remembered; about 1 KiB each. The oldest is forgotten, and begins anew.
const MOST: usize = 4096;

type Key = (Text, Text);

/// By source and id. In memory: after a restart events begin with their first attempt.
#[derive(Debug, Default)]
pub(super) struct Attempts(Mutex<Remembered>);

#[derive(Debug, Default)]
struct Remembered {
    by_event: HashMap<Key, Past>,
    order: VecDeque<Key>,
}

#[derive(Debug)]
enum Past {
    /// The number of the attempt that comes next, and when the first one failed.
    Failed(u32, Text),
    /// It is a dead letter here, and comes again for another subscription, or since nobody heard the answer.
    Dead,
}

impl Attempts {
    /// The copy with the number of the attempt that comes next.
    pub(super) fn continued(&self, message: &Message, wire: Wire) -> Wire {
        match lock(&self.0).by_event.get(&key(message)) {
            _ if message.id.is_empty() => wire,
            Some(Past::Failed(attempt, first_failure)) => letter::for_retry(&wire, *attempt, first_failure),
            Some(Past::Dead) | None => wire,
        }
    }

    pub(super) fn is_dead(&self, message: &Message) -> bool {
        matches!(lock(&self.0).by_event.get(&key(message)), Some(Past::Dead))
    }

    /// The event is a dead letter, until it is forgotten.
    pub(super) fn bury(&self, message: &Message) {
        self.keep(message, Past::Dead);
    }

    /// This copy would come next. What has no id cannot be told from others, and begins anew.
    pub(super) fn remember(&self, message: &Message, copy: &Wire) {
        let attempt = copy.headers.number(ATTEMPT);
        let attempt = attempt
            .and_then(|attempt| u32::try_from(attempt).ok())
            .unwrap_or(1);
        let first_failure = copy.headers.text(FIRST_FAILURE).cloned();
        self.keep(
            message,
            Past::Failed(attempt, first_failure.unwrap_or_else(|| "".into())),
        );
    }

    fn keep(&self, message: &Message, past: Past) {
        if message.id.is_empty() {
            return;
        }
        let mut remembered = lock(&self.0);
        let key = key(message);
        if remembered.by_event.insert(key.clone(), past).is_none() {
            remembered.order.push_back(key);
        }
        if remembered.order.len() > MOST
            && let Some(oldest) = remembered.order.pop_front()
        {
            remembered.by_event.remove(&oldest);
        }
    }

    /// The event is done.
    pub(super) fn forget(&self, message: &Message) {
        let mut remembered = lock(&self.0);
        let key = key(message);
        if remembered.by_event.remove(&key).is_some() {
            remembered.order.retain(|known| *known != key);
        }
    }
}

fn key(message: &Message) -> Key {
    (message.source.clone(), message.id.clone())
}
