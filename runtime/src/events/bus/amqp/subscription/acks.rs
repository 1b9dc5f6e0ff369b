//! Which deliveries of a channel are settled: acknowledged in groups, as far as all before them are.
//!
//! An acknowledgement costs both sides as much as a delivery does, whether it is of one event or of many: the broker is
//! told once there is a group of them, or a moment after the first.

use std::collections::BTreeSet;
use std::task::Waker;

/// The deliveries of one channel that are in hand, and those that the broker is not told of yet. They are no more than it
/// sends ahead, however many pass behind a slow one.
#[derive(Debug)]
pub(super) struct Acks {
    /// The tag of the next delivery; the broker counts from 1.
    next: u64,
    in_hand: BTreeSet<u64>,
    /// Those that are done behind one that is in hand.
    behind: BTreeSet<u64>,
    returned: Vec<u64>,
    /// The last that is done before the first that is in hand, and how many the broker does not know up to there.
    prefix: Option<u64>,
    grouped: usize,
    /// So many are a group: a quarter of the prefetch, so that the broker always has room to send.
    group: usize,
    /// More than these behind one that is in hand are told one by one: the broker sends no more while it thinks that all
    /// are in hand.
    most_behind: usize,
    waker: Option<Waker>,
}

/// How much of what is settled the broker is to be told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Extent {
    /// Groups that are full.
    #[default]
    Groups,
    /// All that needs one message.
    Prefix,
    /// Also what is behind others that are in hand.
    All,
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
            next: 1,
            in_hand: BTreeSet::new(),
            behind: BTreeSet::new(),
            returned: Vec::new(),
            prefix: None,
            grouped: 0,
            group: usize::from(prefetch / 4).max(1),
            most_behind: usize::from(prefetch / 2),
            waker: None,
        }
    }

    /// A delivery came. Tags count up by one over all lanes, and each lane is read by itself: one that is skipped is on
    /// its way here.
    pub(super) fn delivered(&mut self, tag: u64) {
        self.in_hand.extend(self.next..=tag);
        self.next = self.next.max(tag + 1);
    }

    pub(super) fn in_hand(&self) -> usize {
        self.in_hand.len()
    }

    /// The event is dealt with. Who is to tell the broker is to be woken: for a group, and for the first of one, after
    /// which a moment passes.
    pub(super) fn done(&mut self, tag: u64) -> Option<Waker> {
        let was_waiting = self.is_waiting();
        if self.in_hand.remove(&tag) {
            self.behind.insert(tag);
            self.advance();
        }
        let is_first = self.is_waiting() && !was_waiting;
        if is_first || self.has_group() {
            self.waker.take()
        } else {
            None
        }
    }

    /// The event goes back to its queue.
    pub(super) fn give_back(&mut self, tag: u64) -> Option<Waker> {
        if self.in_hand.remove(&tag) {
            self.returned.push(tag);
            self.advance();
        }
        self.waker.take()
    }

    /// Whom to wake at the next change.
    pub(super) fn wake(&mut self, waker: &Waker) {
        match &mut self.waker {
            Some(known) => known.clone_from(waker),
            None => self.waker = Some(waker.clone()),
        }
    }

    /// Whether something is done that one message would tell.
    pub(super) fn is_waiting(&self) -> bool {
        self.grouped > 0
    }

    /// What is to be told now.
    pub(super) fn news(&mut self, extent: Extent) -> News {
        let mut news = News {
            returned: std::mem::take(&mut self.returned),
            ..News::default()
        };
        if extent == Extent::All || self.behind.len() > self.most_behind {
            news.single.extend(std::mem::take(&mut self.behind));
        }
        if extent >= Extent::Prefix || self.grouped >= self.group {
            news.up_to = self.prefix.take();
            self.grouped = 0;
        }
        news
    }

    fn has_group(&self) -> bool {
        self.grouped >= self.group || self.behind.len() > self.most_behind
    }

    /// Goes on to the first that is in hand.
    fn advance(&mut self) {
        let first = self.in_hand.first().copied().unwrap_or(self.next);
        while let Some(tag) = self.behind.first().copied().filter(|tag| *tag < first) {
            self.behind.pop_first();
            self.prefix = Some(tag);
            self.grouped += 1;
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
    fn the_longest_finished_prefix_is_told_after_a_moment() {
        let mut acks = acks(5);
        for tag in [2, 3, 1, 5] {
            acks.done(tag);
        }
        assert!(acks.news(Extent::Groups).is_empty() && acks.is_waiting());
        let news = acks.news(Extent::Prefix);
        assert_eq!((news.up_to, news.single.len()), (Some(3), 0));
        assert!(acks.news(Extent::Prefix).is_empty() && !acks.is_waiting());
        acks.done(4);
        assert_eq!(acks.news(Extent::Prefix).up_to, Some(5));
    }

    #[test]
    fn a_group_is_told_at_once() {
        let mut acks = acks(9);
        (1..=3).for_each(|tag| drop(acks.done(tag)));
        assert!(acks.news(Extent::Groups).is_empty());
        acks.done(4);
        assert_eq!(acks.news(Extent::Groups).up_to, Some(4));
        acks.done(5);
        assert!(acks.news(Extent::Groups).is_empty());
    }

    #[test]
    fn each_is_a_group_where_the_prefetch_is_small() {
        for prefetch in [1, 7] {
            let mut acks = Acks::new(prefetch);
            acks.delivered(1);
            acks.done(1);
            assert_eq!(acks.news(Extent::Groups).up_to, Some(1), "{prefetch}");
        }
    }

    #[test]
    fn who_tells_is_woken_for_the_first_and_for_a_group() {
        let mut acks = acks(16);
        let mut is_woken = |tag| {
            acks.wake(Waker::noop());
            acks.done(tag).is_some()
        };
        assert_eq!([1, 2, 3, 4].map(&mut is_woken), [true, false, false, true]);
        acks.news(Extent::Groups);
        let mut is_woken = |tag| {
            acks.wake(Waker::noop());
            acks.done(tag).is_some()
        };
        // What is behind one that is in hand can wait for it.
        assert_eq!([6, 7, 5].map(&mut is_woken), [false, false, true]);
    }

    #[test]
    fn many_behind_a_slow_one_are_told_one_by_one() {
        let mut acks = acks(12);
        (2..=9).for_each(|tag| drop(acks.done(tag)));
        assert!(acks.news(Extent::Prefix).is_empty());
        acks.done(10);
        assert_eq!(acks.news(Extent::Groups).single, (2..=10).collect::<Vec<_>>());
        acks.done(1);
        assert_eq!(acks.news(Extent::Prefix).up_to, Some(1));
        acks.done(12);
        assert_eq!(acks.news(Extent::All).single, [12]);
    }

    #[test]
    fn what_passes_behind_a_slow_one_is_forgotten_once_it_is_told() {
        let mut acks = acks(1);
        let mut told = 0;
        for tag in 2..=10_000 {
            acks.delivered(tag);
            acks.done(tag);
            told += acks.news(Extent::Groups).single.len();
            assert!(acks.in_hand() + acks.behind.len() <= 16, "{tag}");
        }
        assert!(told > 9_980, "{told}");
        acks.done(1);
        assert!(acks.news(Extent::All).up_to.is_some() && acks.in_hand() == 0);
    }

    #[test]
    fn a_delivery_that_is_read_late_is_not_acknowledged_with_those_after_it() {
        let mut acks = Acks::new(16);
        for tag in [1, 4, 2, 3] {
            acks.delivered(tag);
        }
        acks.done(1);
        acks.done(4);
        assert_eq!(acks.news(Extent::Prefix).up_to, Some(1));
        acks.done(3);
        acks.done(2);
        assert_eq!(acks.news(Extent::Prefix).up_to, Some(4));
    }

    #[test]
    fn what_goes_back_is_not_acknowledged() {
        let mut acks = acks(3);
        acks.give_back(2);
        acks.done(1);
        acks.done(2);
        let news = acks.news(Extent::Prefix);
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
                let extent = match step {
                    59 => Extent::All,
                    step => [Extent::All, Extent::Prefix, Extent::Groups][step % 7 % 3],
                };
                let news = acks.news(extent);
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
