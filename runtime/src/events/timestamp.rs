//! Times as text: RFC 3339 as it is written, and all that is read as one.

use std::ops::Range;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::text::Text;

const DAY: i64 = 86_400;

/// The form of what is written: its digits are put in, the offset is added.
const FORM: &[u8; 26] = b"0000-00-00T00:00:00.000000";

/// The moment with microseconds, in UTC: `2026-11-20T11:27:24.123456` and the offset, at most 6 bytes. One allocation.
///
/// A moment outside of the years 1970 to 9999 is the nearest one inside.
pub(crate) fn write(time: SystemTime, offset: &str) -> Text {
    const LAST: u64 = 253_402_300_799;
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = since.as_secs().min(LAST);
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = date_of(days);
    let mut text = [0; FORM.len() + 6];
    text[..FORM.len()].copy_from_slice(FORM);
    let clock = [second / 3600, second / 60 % 60, second % 60];
    put(&mut text[..4], year);
    for (place, number) in [5, 8, 11, 14, 17]
        .into_iter()
        .zip([month, day].into_iter().chain(clock))
    {
        put(&mut text[place..place + 2], number);
    }
    put(&mut text[20..26], since.subsec_micros().into());
    let end = FORM.len() + offset.len();
    text[FORM.len()..end].copy_from_slice(offset.as_bytes());
    Text::copy(std::str::from_utf8(&text[..end]).expect("digits, and the offset of the caller"))
}

/// RFC 3339, or naive ISO in UTC: with `T` or a space, with or without fraction or offset; `None` for all else.
pub(crate) fn read(text: &str) -> Option<SystemTime> {
    read_ours(text.as_bytes()).or_else(|| read_any(text.trim()))
}

/// What [`write`] writes in UTC, in a fifth of the time: every event has one.
fn read_ours(text: &[u8]) -> Option<SystemTime> {
    let (text, b"Z") = text.split_first_chunk::<{ FORM.len() }>()? else {
        return None;
    };
    let is_form = |(byte, form): (&u8, &u8)| match form {
        b'0' => byte.is_ascii_digit(),
        form => byte == form,
    };
    if !text.iter().zip(FORM).all(is_form) {
        return None;
    }
    let number = |digits: Range<usize>| {
        let digits = text[digits].iter();
        digits.fold(0, |number, digit| number * 10 + i64::from(digit - b'0'))
    };
    let [month, day] = [number(5..7), number(8..10)];
    let [hour, minute, second] = [number(11..13), number(14..16), number(17..19)];
    moment(
        [number(0..4), month, day],
        [hour, minute, second],
        0,
        u32::try_from(number(20..26)).ok()? * 1000,
    )
}

fn read_any(text: &str) -> Option<SystemTime> {
    let (date, rest) = (text.get(..10)?, text.get(11..)?);
    if !matches!(text.as_bytes()[10], b'T' | b't' | b' ') {
        return None;
    }
    let [year, month, day] = fields(date, '-', [4, 2, 2])?;
    let (clock, offset) = split_offset(rest)?;
    let (clock, fraction) = clock.split_once(['.', ',']).unwrap_or((clock, "0"));
    let [hour, minute, second] = match clock.len() {
        5 => fields(clock, ':', [2, 2]).map(|[hour, minute]| [hour, minute, 0])?,
        _ => fields(clock, ':', [2, 2, 2])?,
    };
    let nanos = nanos(fraction)?;
    moment([year, month, day], [hour, minute, second], offset, nanos)
}

/// `None` where there is no such day or time.
fn moment(
    [year, month, day]: [i64; 3],
    [hour, minute, second]: [i64; 3],
    offset: i64,
    nanos: u32,
) -> Option<SystemTime> {
    let is_date = (1..=12).contains(&month) && (1..=31).contains(&day);
    // A leap second is the first of the next minute.
    if !is_date || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let seconds = days_of(year, month, day) * DAY + hour * 3600 + minute * 60 + second - offset;
    UNIX_EPOCH.checked_add(Duration::new(u64::try_from(seconds).ok()?, nanos))
}

/// The clock and, in seconds, how far it is ahead of UTC.
fn split_offset(text: &str) -> Option<(&str, i64)> {
    if let Some(clock) = text.strip_suffix(['Z', 'z']) {
        return Some((clock, 0));
    }
    let Some(at) = text.rfind(['+', '-']) else {
        return Some((text, 0));
    };
    let (clock, offset) = text.split_at(at);
    let [hours, minutes] = match offset.len() {
        6 => fields(&offset[1..], ':', [2, 2])?,
        5 => [number(offset.get(1..3)?)?, number(offset.get(3..)?)?],
        3 => [number(&offset[1..])?, 0],
        _ => return None,
    };
    let seconds = hours * 3600 + minutes * 60;
    Some((
        clock,
        if offset.starts_with('-') {
            -seconds
        } else {
            seconds
        },
    ))
}

fn fields<const N: usize>(text: &str, separator: char, digits: [usize; N]) -> Option<[i64; N]> {
    let mut parts = text.split(separator);
    let mut read = [0; N];
    for (place, digits) in read.iter_mut().zip(digits) {
        *place = number(parts.next().filter(|part| part.len() == digits)?)?;
    }
    parts.next().is_none().then_some(read)
}

fn number(text: &str) -> Option<i64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

fn nanos(fraction: &str) -> Option<u32> {
    number(fraction.get(..fraction.len().min(18))?)?;
    let digits = fraction.bytes().chain(std::iter::repeat(b'0')).take(9);
    Some(digits.fold(0, |nanos, digit| {
        nanos * 10 + u32::from(digit.saturating_sub(b'0'))
    }))
}

fn put(place: &mut [u8], mut number: u64) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
    }
}

/// Year, month and day of a day since 1970 (Howard Hinnant, "chrono-compatible low-level date algorithms").
fn date_of(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

/// The day since 1970; the inverse of [`date_of`].
fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let shifted = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * shifted + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        let read = read(text).map(|time| write(time, "Z"));
        assert_eq!(read.as_deref(), expected, "{text:?}");
    }

    #[test]
    fn reads_all_that_is_written() {
        let moment = Some("2026-11-20T11:27:24.500000Z");
        check("2026-11-20T11:27:24.5Z", moment);
        check("2026-11-20t11:27:24.500000000z", moment);
        check("2026-11-20T11:27:24.5", moment);
        check("2026-11-20 11:27:24.500000", moment);
        check("2026-11-20 13:27:24.5+02:00", moment);
        check("2026-11-20T06:27:24,5-0500", moment);
        check("2026-11-20T11:27:24.5+00", moment);
        check("2024-02-29T23:59:60Z", Some("2024-03-01T00:00:00.000000Z"));
        check("2026-11-20 11:27", Some("2026-11-20T11:27:00.000000Z"));
        check("1970-01-01T00:00:00Z", Some("1970-01-01T00:00:00.000000Z"));
    }

    #[test]
    fn refuses_what_is_no_time() {
        for text in [
            "",
            "now",
            "2026-11-20",
            "2026-13-20T11:27:24Z",
            "2026-11-20T24:27:24Z",
            "2026-11-20x11:27:24Z",
            "2026-11-20T11:27:24.Z",
            "2026-11-20T11:27:24+1:00",
            "1969-12-31T23:59:59Z",
            "2026-11-2éT11:27:24Z",
            "２０２６-11-20T11:27:24Z",
        ] {
            check(text, None);
        }
    }

    proptest! {
        #[test]
        fn a_moment_survives_being_written(seconds in 0_u64..253_402_300_799, micros in 0_u32..1_000_000) {
            let time = UNIX_EPOCH + Duration::new(seconds, micros * 1000);
            prop_assert_eq!(read(&write(time, "Z")), Some(time));
            prop_assert_eq!(read_any(&write(time, "Z")), Some(time));
            prop_assert_eq!(read(&write(time, "+00:00")), Some(time));
        }

        #[test]
        fn no_text_panics(text in ".{0,40}") {
            let _ = read(&text);
        }
    }
}
