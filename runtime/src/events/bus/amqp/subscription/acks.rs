//! Which deliveries of a channel are settled: acknowledged in groups, as far as all before them are.

use std::collections::VecDeque;
use std::task::Waker;

/// The deliveries of one channel from the oldest that is not settled.
#[derive(Debug)]
pub(super) struct Acks {
    /// The tag of the first one below; the broker counts from 1.
    first: u64,
    states: VecDeque<State>,
    returned: Vec<u64>,
    /// Those that are done and are not told the broker.
    done: usize,
    /// So many of them behind one that is in hand are told one by one: the broker sends no more while it thinks that all
    /// are in hand.
    most_done: usize,
    waker: Option<Waker>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    InHand,
    Done,
    /// The broker knows, or is about to be told by itself.
    Told,
}

/// What the broker is to be told, in this order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct News {
    pub(super) returned: Vec<u64>,
    pub(super) single: Vec<u64>,
    /// All up to this one.
    pub(super) up_to: Option<u64>,
}

impl News {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Acks {
    pub(super) fn new(prefetch: u16) -> Self {
        Self {
            first: 1,
            states: VecDeque::new(),
            returned: Vec::new(),
            done: 0,
            most_done: usize::from(prefetch / 4),
            waker: None,
        }
    }

    /// A delivery came. Tags count up by one over all lanes, and each lane is read by itself: one that is skipped is on
    /// its way here.
    pub(super) fn delivered(&mut self, tag: u64) {
        let next = self.first + u64::try_from(self.states.len()).unwrap_or(u64::MAX);
        for _ in next..=tag {
            self.states.push_back(State::InHand);
        }
    }

    /// The event is dealt with. Who is to tell the broker is to be woken.
    pub(super) fn done(&mut self, tag: u64) -> Option<Waker> {
        self.set(tag, State::Done).then(|| self.done += 1);
        self.waker.take()
    }

    /// The event goes back to its queue.
    pub(super) fn give_back(&mut self, tag: u64) -> Option<Waker> {
        if self.set(tag, State::Told) {
            self.returned.push(tag);
        }
        self.waker.take()
    }

    /// Whom to wake at the next change.
    pub(super) fn wake(&mut self, waker: &Waker) {
        self.waker = Some(waker.clone());
    }

    /// What is new; with `all`, also what is behind others that are in hand.
    pub(super) fn news(&mut self, all: bool) -> News {
        let mut news = News {
            returned: std::mem::take(&mut self.returned),
            ..News::default()
        };
        while let Some(state) = self.states.front().filter(|state| **state != State::InHand) {
            if *state == State::Done {
                news.up_to = Some(self.first);
                self.done -= 1;
            }
            self.states.pop_front();
            self.first += 1;
        }
        if self.done > 0 && (all || self.done > self.most_done) {
            self.tell_each(&mut news);
        }
        news
    }

    fn tell_each(&mut self, news: &mut News) {
        for (tag, state) in (self.first..).zip(&mut self.states) {
            if *state == State::Done {
                *state = State::Told;
                news.single.push(tag);
            }
        }
        self.done = 0;
    }

    /// Whether it was in hand.
    fn set(&mut self, tag: u64, state: State) -> bool {
        let place = tag
            .checked_sub(self.first)
            .and_then(|place| usize::try_from(place).ok());
        match place.and_then(|place| self.states.get_mut(place)) {
            Some(known) if *known == State::InHand => {
                *known = state;
                true
            }
            Some(_) | None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn acks(deliveries: u64) -> Acks {
        let mut acks = Acks::new(16);
        (1..=deliveries).for_each(|tag| acks.delivered(tag));
        acks
    }

    #[test]
    fn the_longest_finished_prefix_is_told_at_once() {
        let mut acks = acks(5);
        for tag in [2, 3, 1, 5] {
            acks.done(tag);
        }
        let news = acks.news(false);
        assert_eq!((news.up_to, news.single.len()), (Some(3), 0));
        assert!(acks.news(false).is_empty());
        acks.done(4);
        assert_eq!(acks.news(false).up_to, Some(5));
    }

    #[test]
    fn many_behind_a_slow_one_are_told_one_by_one() {
        let mut acks = acks(10);
        (2..=5).for_each(|tag| drop(acks.done(tag)));
        assert!(acks.news(false).is_empty());
        acks.done(6);
        assert_eq!(acks.news(false).single, [2, 3, 4, 5, 6]);
        acks.done(1);
        assert_eq!(acks.news(false).up_to, Some(1));
        acks.done(8);
        assert_eq!(acks.news(true).single, [8]);
    }

    #[test]
    fn a_delivery_that_is_read_late_is_not_acknowledged_with_those_after_it() {
        let mut acks = Acks::new(16);
        for tag in [1, 4, 2, 3] {
            acks.delivered(tag);
        }
        acks.done(1);
        acks.done(4);
        assert_eq!(acks.news(false).up_to, Some(1));
        acks.done(3);
        acks.done(2);
        assert_eq!(acks.news(false).up_to, Some(4));
    }

    #[test]
    fn what_goes_back_is_not_acknowledged() {
        let mut acks = acks(3);
        acks.give_back(2);
        acks.done(1);
        acks.done(2);
        let news = acks.news(false);
        assert_eq!((news.returned, news.up_to), (vec![2], Some(1)));
    }

    proptest! {
        #[test]
        fn each_is_told_once(
            arrivals in Just((1..=60_u64).collect::<Vec<_>>()).prop_shuffle(),
            order in Just((1..=60_u64).collect::<Vec<_>>()).prop_shuffle(),
            back in 0..60_usize,
        ) {
            let mut acks = Acks::new(16);
            for tag in &arrivals { acks.delivered(*tag); }
            let mut told = Vec::new();
            let mut up_to = 0;
            for (step, tag) in order.iter().enumerate() {
                if step == back { acks.give_back(*tag); } else { acks.done(*tag); }
                let news = acks.news(step % 7 == 0);
                told.extend(news.returned.iter().chain(&news.single));
                if let Some(last) = news.up_to {
                    prop_assert!(last > up_to);
                    // None of those that are acknowledged with it is in hand.
                    let done = &order[..=step];
                    prop_assert!((1..=last).all(|tag| done.contains(&tag)));
                    told.extend((up_to + 1..=last).filter(|tag| !told.contains(tag)).collect::<Vec<_>>());
                    up_to = last;
                }
            }
            told.sort_unstable();
            prop_assert_eq!(told, (1..=60).collect::<Vec<_>>());
        }
    }
}
