//! In which order events of several priorities go.

use std::collections::VecDeque;

use super::super::Priority;

/// One turn in so many goes to the least urgent that waits.
const TURNS: u8 = 8;

/// A queue for each priority, in the order of arrival.
#[derive(Debug)]
pub(crate) struct Lanes<T> {
    lanes: [VecDeque<T>; Priority::COUNT],
    turn: u8,
}

impl<T> Lanes<T> {
    pub(crate) fn push(&mut self, priority: Priority, item: T) {
        self.lanes[priority.index()].push_back(item);
    }

    /// Puts back what was taken, behind those at the front that were there before it.
    pub(crate) fn put_back(&mut self, priority: Priority, item: T, was_before: impl Fn(&T) -> bool) {
        let lane = &mut self.lanes[priority.index()];
        let place = lane.iter().take_while(|other| was_before(other)).count();
        lane.insert(place, item);
    }

    /// The most urgent; in every eighth turn the least urgent, so that none waits for ever.
    pub(crate) fn pop(&mut self) -> Option<T> {
        self.turn = (self.turn + 1) % TURNS;
        if self.turn == 0 {
            self.lanes.iter_mut().find_map(VecDeque::pop_front)
        } else {
            self.lanes.iter_mut().rev().find_map(VecDeque::pop_front)
        }
    }

    /// Takes out the first of these that is the one.
    pub(crate) fn remove(&mut self, is_it: impl Fn(&T) -> bool) -> Option<T> {
        self.lanes.iter_mut().find_map(|lane| {
            let place = lane.iter().position(&is_it)?;
            lane.remove(place)
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.lanes.iter().map(VecDeque::len).sum()
    }

    /// The first of each priority.
    pub(crate) fn fronts(&self) -> impl Iterator<Item = &T> {
        self.lanes.iter().filter_map(VecDeque::front)
    }
}

impl<T> Default for Lanes<T> {
    fn default() -> Self {
        Self {
            lanes: std::array::from_fn(|_| VecDeque::new()),
            turn: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lanes(priorities: impl IntoIterator<Item = Priority>) -> Lanes<Priority> {
        let mut lanes = Lanes::default();
        priorities
            .into_iter()
            .for_each(|priority| lanes.push(priority, priority));
        lanes
    }

    #[test]
    fn the_more_urgent_goes_first() {
        use Priority::{High, Low, Normal, Urgent};
        let mut lanes = lanes([Low, Urgent, Normal, High]);
        let order: Vec<_> = std::iter::from_fn(|| lanes.pop()).collect();
        assert_eq!(order, [Urgent, High, Normal, Low]);
    }

    #[test]
    fn one_turn_in_eight_goes_to_the_least_urgent() {
        let mut lanes = lanes([Priority::Low; 100].into_iter().chain([Priority::High; 100]));
        let first: Vec<_> = (0..80).filter_map(|_| lanes.pop()).collect();
        let low = first
            .iter()
            .filter(|priority| **priority == Priority::Low)
            .count();
        assert_eq!((low, lanes.len()), (10, 120));
    }

    #[test]
    fn what_is_put_back_is_where_it_was() {
        let mut lanes = Lanes::default();
        (0..5).for_each(|number| lanes.push(Priority::Normal, number));
        let taken: Vec<i32> = std::iter::from_fn(|| lanes.pop()).take(3).collect();
        for number in [taken[1], taken[0], taken[2]] {
            lanes.put_back(Priority::Normal, number, |other| *other < number);
        }
        assert_eq!(lanes.fronts().next(), Some(&0));
        let order: Vec<i32> = std::iter::from_fn(|| lanes.pop()).collect();
        assert_eq!(order, [0, 1, 2, 3, 4]);
    }
}
