//! The latest of many events, by a hash of each: which of them is one of these?
//!
//! Read and written once an event, and larger than the caches that are near. So an event is found by a table of numbers,
//! five bytes each, and its hash lies in the order of use, where the next to be forgotten is the neighbour of the last.

use std::collections::VecDeque;

use hashbrown::HashTable;

/// Beyond these, their numbers would meet.
const MOST: usize = 1 << 30;

/// An event, as 128 bits of two keyed hashes: at 100 000 events, two are mistaken for one once in 10²⁸.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct EventKey(pub(super) [u64; 2]);

impl EventKey {
    pub(super) fn hash(self) -> u64 {
        self.0[0]
    }
}

/// The latest so many events.
#[derive(Debug)]
pub(super) struct Latest {
    most: usize,
    /// Each use of an event, in its order. A use that another follows of the same event stays for a while.
    uses: VecDeque<EventKey>,
    /// The number of the first of the uses; those behind it count on, and around.
    first: u32,
    /// By event, the number of its latest use.
    places: HashTable<u32>,
}

impl Latest {
    /// None of so many, at most 2³⁰.
    pub(super) fn new(most: usize) -> Self {
        Self {
            most: most.min(MOST),
            uses: VecDeque::new(),
            first: 0,
            places: HashTable::new(),
        }
    }

    pub(super) fn contains(&self, event: EventKey) -> bool {
        let is_event = |number: &u32| use_of(&self.uses, self.first, *number) == event;
        self.places.find(event.hash(), is_event).is_some()
    }

    /// Adds an event, or makes one that is there the latest; forgets the oldest beyond the bound.
    pub(super) fn add(&mut self, event: EventKey) {
        if self.most == 0 {
            return;
        }
        self.push(event);
        while self.places.len() > self.most {
            self.forget_oldest();
        }
        if self.uses.len() > 2 * self.most {
            self.compact();
        }
    }

    fn push(&mut self, event: EventKey) {
        let number = self.first.wrapping_add(narrow(self.uses.len()));
        self.uses.push_back(event);
        let (uses, first) = (&self.uses, self.first);
        let is_event = |known: &u32| use_of(uses, first, *known) == event;
        if let Some(place) = self.places.find_mut(event.hash(), is_event) {
            *place = number;
            return;
        }
        let hash = |known: &u32| use_of(uses, first, *known).hash();
        self.places.insert_unique(event.hash(), number, hash);
    }

    /// Drops the oldest use, and the event with it unless it was used again later.
    fn forget_oldest(&mut self) {
        let Some(event) = self.uses.pop_front() else {
            return;
        };
        let number = self.first;
        self.first = number.wrapping_add(1);
        if let Ok(place) = self.places.find_entry(event.hash(), |known| *known == number) {
            place.remove();
        }
    }

    /// Drops the uses that are not the latest of their event.
    fn compact(&mut self) {
        let mut latest: Vec<u32> = self
            .places
            .iter()
            .map(|number| number.wrapping_sub(self.first))
            .collect();
        latest.sort_unstable();
        let uses = std::mem::take(&mut self.uses);
        self.places.clear();
        for place in latest {
            self.push(use_of(&uses, 0, place));
        }
    }

    #[cfg(test)]
    pub(super) fn uses(&self) -> usize {
        self.uses.len()
    }
}

/// The use of this number, which is there.
fn use_of(uses: &VecDeque<EventKey>, first: u32, number: u32) -> EventKey {
    uses[number.wrapping_sub(first) as usize]
}

#[expect(clippy::cast_possible_truncation, reason = "there are at most 2³¹ uses")]
fn narrow(uses: usize) -> u32 {
    uses as u32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(number: u64) -> EventKey {
        // Many share a hash.
        EventKey([number % 7, number])
    }

    proptest! {
        #[test]
        fn the_latest_are_there_and_no_others(
            most in 0_usize..20,
            start: u32,
            events in prop::collection::vec(0_u64..40, 0..300),
        ) {
            let mut latest = Latest::new(most);
            // Numbers count around.
            latest.first = start | 0xffff_ff00;
            let mut expected: VecDeque<u64> = VecDeque::new();
            for event in events {
                latest.add(key(event));
                expected.retain(|known| *known != event);
                expected.push_back(event);
                expected.drain(..expected.len().saturating_sub(most));
                for number in 0..40 {
                    prop_assert_eq!(latest.contains(key(number)), expected.contains(&number), "{}", number);
                }
                prop_assert!(latest.uses() <= 2 * most);
            }
        }
    }
}
