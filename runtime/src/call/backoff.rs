//! How long a call waits before it tries again.
//!
//! Full jitter: any delay between nothing and the bound, so that callers that failed together do not return
//! together. <https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/> compares it with the
//! alternatives: it needs the least work of client and server.

use std::time::Duration;

use crate::random::Random;
use crate::{Backoff, RetryPolicy};

/// A delay at random, up to the [`bound`], before the retry of this number; the first retry is 0.
pub(crate) fn delay(policy: &RetryPolicy, retry: u32, random: &Random) -> Duration {
    random.below(bound(policy, retry))
}

/// The longest delay before the retry of this number; the first retry is 0.
pub(crate) fn bound(policy: &RetryPolicy, retry: u32) -> Duration {
    let grown = match policy.backoff {
        Backoff::Exponential => doubled(policy.delay, retry),
        Backoff::Linear => policy.delay.saturating_mul(retry.saturating_add(1)),
        Backoff::Fixed => policy.delay,
    };
    grown.min(policy.max_delay)
}

/// `delay · 2^times`, in two steps since a `Duration` is multiplied by at most 2^31 at once.
fn doubled(delay: Duration, times: u32) -> Duration {
    let rest = times.saturating_sub(31).min(31);
    delay.saturating_mul(1 << times.min(31)).saturating_mul(1 << rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    fn policy(backoff: Backoff, delay: Duration, max_delay: Duration) -> RetryPolicy {
        RetryPolicy {
            times: 3,
            backoff,
            delay,
            max_delay,
            on: Vec::new(),
        }
    }

    fn check(backoff: Backoff, delay: Duration, expected: [(u32, Duration); 6]) {
        let policy = policy(backoff, delay, ms(5000));
        for (retry, expected) in expected {
            assert_eq!(
                bound(&policy, retry),
                expected,
                "{backoff:?} from {delay:?}, retry {retry}"
            );
        }
    }

    #[test]
    fn an_exponential_bound_doubles_up_to_the_most() {
        let expected = [
            (0, 100),
            (1, 200),
            (2, 400),
            (5, 3200),
            (6, 5000),
            (u32::MAX, 5000),
        ];
        check(
            Backoff::Exponential,
            ms(100),
            expected.map(|(retry, bound)| (retry, ms(bound))),
        );
    }

    #[test]
    fn a_linear_bound_grows_by_the_first_up_to_the_most() {
        let expected = [
            (0, 100),
            (1, 200),
            (2, 300),
            (48, 4900),
            (50, 5000),
            (u32::MAX, 5000),
        ];
        check(
            Backoff::Linear,
            ms(100),
            expected.map(|(retry, bound)| (retry, ms(bound))),
        );
    }

    #[test]
    fn a_fixed_bound_stays() {
        let expected = [0, 1, 2, 31, 64, u32::MAX];
        check(Backoff::Fixed, ms(100), expected.map(|retry| (retry, ms(100))));
    }

    #[test]
    fn no_delay_stays_none_however_often_it_is_doubled() {
        let expected = [0, 1, 31, 32, 64, u32::MAX];
        check(
            Backoff::Exponential,
            Duration::ZERO,
            expected.map(|retry| (retry, Duration::ZERO)),
        );
    }

    #[test]
    fn the_smallest_delay_doubles_exactly_beyond_32_bits() {
        let nanos = |count| Duration::from_nanos(count);
        let expected = [
            (0, 1),
            (31, 1 << 31),
            (32, 1 << 32),
            (33, 5_000_000_000),
            (62, 5_000_000_000),
            (63, 5_000_000_000),
        ];
        check(
            Backoff::Exponential,
            nanos(1),
            expected.map(|(retry, bound)| (retry, nanos(bound))),
        );
    }

    #[test]
    fn a_first_delay_above_the_most_is_the_most() {
        for backoff in [Backoff::Exponential, Backoff::Linear, Backoff::Fixed] {
            assert_eq!(
                bound(&policy(backoff, Duration::MAX, ms(7)), 3),
                ms(7),
                "{backoff:?}"
            );
        }
    }

    #[test]
    fn delays_are_spread_over_all_of_the_bound_and_never_above_it() {
        let policy = policy(Backoff::Exponential, ms(100), ms(5000));
        let random = Random::from_seed(7);
        let mut quarters = [0_u32; 4];
        for _ in 0..4000 {
            let delay = delay(&policy, 2, &random);
            assert!(delay <= ms(400), "{delay:?}");
            quarters[usize::try_from(delay.as_millis() / 100).unwrap_or(3).min(3)] += 1;
        }
        assert!(
            quarters.iter().all(|count| (850..1150).contains(count)),
            "{quarters:?}"
        );
    }

    #[test]
    fn one_seed_gives_one_sequence() {
        let policy = policy(Backoff::Linear, ms(100), ms(5000));
        let delays = |seed| {
            let random = Random::from_seed(seed);
            (0..8)
                .map(|retry| delay(&policy, retry, &random))
                .collect::<Vec<_>>()
        };
        assert_eq!(delays(1), delays(1));
        assert_ne!(delays(1), delays(2));
    }
}
