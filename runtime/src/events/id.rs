//! Ids of events: UUIDs of version 7, in the order in which they were made.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use super::text::Text;
use crate::context::write_hyphenated;
use crate::random::Random;

/// The longest id that a caller may give.
const LONGEST: usize = 128;

/// The low bits of a tick that count within one millisecond.
const COUNTER_BITS: u32 = 16;

/// The characters of a UUID.
const LENGTH: usize = 36;

/// Makes ids that never go back: each is greater than all before it, as text too.
///
/// A tick is the millisecond and a counter in one word. The counter starts at a random place below a quarter in each
/// millisecond; when it runs over, the millisecond goes ahead of the clock, as RFC 9562 section 6.2 allows.
#[derive(Debug, Default)]
pub(crate) struct EventIds {
    last: AtomicU64,
}

impl EventIds {
    pub(crate) fn next(&self, time: SystemTime, random: &Random) -> Text {
        let bits = random.next_u128();
        let tick = self.tick(millis(time), bits);
        let mut text = [0; LENGTH];
        write_hyphenated(&uuid(tick, bits).to_be_bytes(), &mut text);
        Text::copy(std::str::from_utf8(&text).expect("digits and hyphens"))
    }

    fn tick(&self, millis: u64, bits: u128) -> u64 {
        const START: u64 = (1 << (COUNTER_BITS - 2)) - 1;
        let start = u64::try_from(bits >> 64).unwrap_or(u64::MAX) & START;
        let now = millis << COUNTER_BITS | start;
        let forward = |last: u64| Some(now.max(last + 1));
        match self
            .last
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, forward)
        {
            Ok(last) | Err(last) => now.max(last + 1),
        }
    }
}

/// Whether a caller's own id is one: 1 to 128 visible ASCII characters.
pub(crate) fn is_id(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// 48 bits suffice until the year 10889.
fn millis(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX) & 0xffff_ffff_ffff
}

/// RFC 9562, section 5.7: 48 bits of time, then the counter where random bits may be, then 58 random bits.
fn uuid(tick: u64, random: u128) -> u128 {
    let tick = u128::from(tick);
    let (millis, counter) = (tick >> COUNTER_BITS, tick & 0xffff);
    let (high, low) = (counter >> 4, counter & 0xf);
    let random = random & ((1 << 58) - 1);
    millis << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low << 58 | random
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn ids() -> (EventIds, Random) {
        (EventIds::default(), Random::from_seed(7))
    }

    #[test]
    fn is_a_version_7_uuid_of_its_millisecond() {
        let (ids, random) = ids();
        let id = ids.next(UNIX_EPOCH + Duration::from_millis(0x0192_3456_789a), &random);
        assert!(id.starts_with("01923456-789a-7"), "{id}");
        assert!(matches!(&id[19..20], "8" | "9" | "a" | "b"), "{id}");
        let lengths: Vec<usize> = id.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
    }

    #[test]
    fn a_clock_that_stands_or_goes_back_does_not_repeat_an_id() {
        let (ids, random) = ids();
        let mut last = String::new();
        for millis in (0..100_000_u64).rev() {
            let id = ids.next(
                UNIX_EPOCH + Duration::from_millis(1_000_000 + millis / 1000),
                &random,
            );
            assert!(id.as_str() > last.as_str(), "{id} after {last}");
            last = id.to_string();
        }
    }

    /// Ordered implies unique.
    #[test]
    fn ten_million_are_in_order() {
        let (ids, random) = ids();
        let mut last = 0;
        for _ in 0..10_000_000 {
            let bits = random.next_u128();
            let id = uuid(ids.tick(millis(SystemTime::now()), bits), bits);
            assert!(id > last);
            last = id;
        }
    }

    #[test]
    fn threads_never_make_the_same_id() {
        let (ids, random) = ids();
        let made = std::thread::scope(|scope| {
            let make = || {
                (0..10_000)
                    .map(|_| ids.next(SystemTime::now(), &random).to_string())
                    .collect::<Vec<_>>()
            };
            let threads = [scope.spawn(make), scope.spawn(make), scope.spawn(make)];
            threads.map(|thread| thread.join().expect("no panic"))
        });
        assert!(made.iter().all(|ids| ids.is_sorted()));
        let distinct: std::collections::HashSet<String> = made.concat().into_iter().collect();
        assert_eq!(distinct.len(), 30_000);
    }

    #[test]
    fn a_callers_id_is_visible_ascii() {
        let check = |text: &str, expected: bool| assert_eq!(is_id(text), expected, "{text:?}");
        check("order-17", true);
        check(&"x".repeat(128), true);
        check(&"x".repeat(129), false);
        check("", false);
        check("two words", false);
        check("grün", false);
    }
}
