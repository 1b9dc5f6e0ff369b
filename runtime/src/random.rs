//! The one source of randomness: ids, jitter, coin tosses. Seedable, so that a test can repeat what happened.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The odd step of the counter, as in splitmix64: it visits every 64-bit value once.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// A random generator that all calls of a client share without a lock.
///
/// A counter goes through two finalisers under two secret keys, so two processes overlap in their ids only when all
/// 128 bits of their keys agree. Not for secrets: who knows the keys knows what follows.
pub(crate) struct Random {
    counter: AtomicU64,
    keys: [u64; 2],
}

impl Random {
    /// The same numbers for the same seed.
    pub(crate) fn from_seed(seed: u64) -> Self {
        let first = finalise(seed.wrapping_add(STEP));
        let second = finalise(first.wrapping_add(STEP));
        Self {
            counter: AtomicU64::new(seed),
            keys: [first, second],
        }
    }

    /// Numbers that no other generator gives, in this process or another.
    pub(crate) fn from_entropy() -> Self {
        let entropy = RandomState::new();
        Self {
            counter: AtomicU64::new(entropy.hash_one(2)),
            keys: [entropy.hash_one(0), entropy.hash_one(1)],
        }
    }

    /// Another generator, with keys that do not come again: for what may need numbers later, and mostly needs none.
    pub(crate) fn branch(&self) -> Self {
        let count = self.step();
        let [first, second] = self.keys;
        Self {
            counter: AtomicU64::new(count),
            keys: [mix(count, first, second), mix(count, second, first)],
        }
    }

    /// A number that does not come again.
    pub(crate) fn next_u64(&self) -> u64 {
        let [first, second] = self.keys;
        mix(self.step(), first, second)
    }

    /// A number of two words under different keys, for ids.
    pub(crate) fn next_u128(&self) -> u128 {
        let [first, second] = self.keys;
        let count = self.step();
        u128::from(mix(count, first, second)) << 64 | u128::from(mix(count, second, first))
    }

    /// A duration between zero and this one, both included, each as likely: full jitter.
    pub(crate) fn below(&self, bound: Duration) -> Duration {
        let nanos = u64::try_from(bound.as_nanos()).unwrap_or(u64::MAX);
        let scaled = (u128::from(self.next_u64()) * (u128::from(nanos) + 1)) >> 64;
        Duration::from_nanos(u64::try_from(scaled).unwrap_or(nanos))
    }

    /// A number from 0 up to, and never, 1.
    pub(crate) fn unit(&self) -> f64 {
        const ONE: u64 = 0x3ff0_0000_0000_0000;
        // 52 random bits as the fraction of a number in [1, 2).
        f64::from_bits(ONE | self.next_u64() >> 12) - 1.0
    }

    fn step(&self) -> u64 {
        self.counter.fetch_add(STEP, Ordering::Relaxed)
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Random").finish_non_exhaustive()
    }
}

/// A keyed permutation of all 64-bit values.
fn mix(count: u64, inner: u64, outer: u64) -> u64 {
    finalise(finalise(count ^ inner).wrapping_add(outer))
}

/// The finaliser of splitmix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators").
fn finalise(mut value: u64) -> u64 {
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const DRAWS: usize = 1_000_000;

    #[test]
    fn a_seed_repeats_its_numbers() {
        let (one, other) = (Random::from_seed(7), Random::from_seed(7));
        for _ in 0..1000 {
            assert_eq!(one.next_u64(), other.next_u64());
            assert_eq!(one.next_u128(), other.next_u128());
        }
    }

    #[test]
    fn seeds_and_processes_differ() {
        assert_ne!(Random::from_seed(1).next_u128(), Random::from_seed(2).next_u128());
        assert_ne!(
            Random::from_entropy().next_u128(),
            Random::from_entropy().next_u128()
        );
    }

    #[test]
    fn a_million_numbers_are_distinct() {
        let random = Random::from_seed(3);
        let words: HashSet<u64> = (0..DRAWS).map(|_| random.next_u64()).collect();
        let ids: HashSet<u128> = (0..DRAWS).map(|_| random.next_u128()).collect();
        assert_eq!((words.len(), ids.len()), (DRAWS, DRAWS));
    }

    #[test]
    fn every_bit_is_set_half_of_the_time() {
        let random = Random::from_seed(4);
        let mut set = [0_u32; 128];
        for _ in 0..100_000 {
            let number = random.next_u128();
            for (bit, count) in set.iter_mut().enumerate() {
                *count += u32::from(number >> bit & 1 == 1);
            }
        }
        assert!(
            set.iter().all(|count| (49_000..51_000).contains(count)),
            "{set:?}"
        );
    }

    #[test]
    fn a_unit_is_uniform_and_never_one() {
        let random = Random::from_seed(5);
        let mut tenths = [0_u32; 10];
        for _ in 0..100_000 {
            let unit = random.unit();
            assert!((0.0..1.0).contains(&unit), "{unit}");
            let tenth = (1..10)
                .take_while(|tenth| unit >= f64::from(*tenth) / 10.0)
                .count();
            tenths[tenth] += 1;
        }
        assert!(
            tenths.iter().all(|count| (9_500..10_500).contains(count)),
            "{tenths:?}"
        );
    }

    #[test]
    fn jitter_reaches_both_ends_and_goes_no_further() {
        let random = Random::from_seed(6);
        let bound = Duration::from_nanos(3);
        let drawn: HashSet<Duration> = (0..1000).map(|_| random.below(bound)).collect();
        assert_eq!(drawn, (0..=3).map(Duration::from_nanos).collect());
    }

    #[test]
    fn jitter_of_extreme_bounds_is_defined() {
        let random = Random::from_seed(8);
        assert_eq!(random.below(Duration::ZERO), Duration::ZERO);
        assert!(random.below(Duration::MAX) <= Duration::from_nanos(u64::MAX));
    }

    #[test]
    fn threads_never_draw_the_same_number() {
        let random = Random::from_seed(9);
        let drawn = std::thread::scope(|scope| {
            let draw = || (0..10_000).map(|_| random.next_u64()).collect::<Vec<_>>();
            let threads = [scope.spawn(draw), scope.spawn(draw), scope.spawn(draw)];
            threads.map(|thread| thread.join().expect("no panic"))
        });
        assert_eq!(drawn.concat().into_iter().collect::<HashSet<_>>().len(), 30_000);
    }
}
