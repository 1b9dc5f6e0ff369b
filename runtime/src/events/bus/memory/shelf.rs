//! Events that nobody takes by themselves: dead letters, and what is unrouted.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::SystemTime;

use super::super::{Outgoing, Shelved};
use super::Bounds;
use super::queue::Entry;
use crate::events::letter;
use crate::events::wire::Wire;

/// Bounded as a queue is, in events and in bytes; in the order of arrival.
pub(super) struct Shelf<T> {
    items: VecDeque<(T, SystemTime)>,
    bytes: usize,
}

/// What may lie on a shelf.
pub(super) trait Item {
    fn wire(&self) -> &Arc<Wire>;
}

impl Item for Entry {
    fn wire(&self) -> &Arc<Wire> {
        &self.wire
    }
}

impl Item for Outgoing {
    fn wire(&self) -> &Arc<Wire> {
        &self.wire
    }
}

impl<T: Item> Shelf<T> {
    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether there is room for an event of this weight. An empty shelf takes any: the copy of an event that becomes a
    /// dead letter is a little larger than the event, which its queue had room for.
    pub(super) fn has_room(&self, weight: usize, bounds: Bounds) -> bool {
        let fits = self.bytes.saturating_add(weight) <= bounds.bytes;
        self.items.is_empty() || (fits && self.items.len() < bounds.events)
    }

    pub(super) fn push(&mut self, item: T, since: SystemTime) {
        self.bytes += item.wire().weight();
        self.items.push_back((item, since));
    }

    pub(super) fn list(&self, most: usize) -> Vec<Shelved> {
        let shelved = |(item, since): &(T, SystemTime)| Shelved {
            wire: Arc::clone(item.wire()),
            since: *since,
        };
        self.items.iter().take(most).map(shelved).collect()
    }

    /// Takes off what is of this id, or all, where `take` does take it; says how many.
    pub(super) fn remove(&mut self, id: Option<&str>, mut take: impl FnMut(&T) -> bool) -> usize {
        let before = std::mem::take(self).items;
        let count = before.len();
        for (item, since) in before {
            let is_chosen = id.is_none_or(|id| letter::id(item.wire()).as_str() == id);
            if !is_chosen || !take(&item) {
                self.push(item, since);
            }
        }
        count - self.items.len()
    }
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self {
            items: VecDeque::new(),
            bytes: 0,
        }
    }
}
