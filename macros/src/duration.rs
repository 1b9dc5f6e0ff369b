//! Durations as users write them: a whole number and a unit.

const HOUR: u64 = 3_600_000;

const UNITS: &[(&str, u64)] = &[("ms", 1), ("s", 1_000), ("m", 60_000), ("h", HOUR)];

/// The longest that a caller waits: 24 h.
pub(crate) const LONGEST_WAIT: u64 = 24 * HOUR;

/// The longest that something is kept: 365 days.
pub(crate) const LONGEST_AGE: u64 = 365 * 24 * HOUR;

const EXAMPLES: &str = "`\"250ms\"`, `\"2s\"`, `\"5m\"`, `\"1h\"`";

/// The milliseconds that a text such as `"250ms"` says, from 1 ms to `longest`, which is whole hours.
pub(crate) fn parse(text: &str, longest: u64) -> Result<u64, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    if number.is_empty() {
        return Err(format!(
            "`{text}` is not a duration; write a whole number and a unit, as in {EXAMPLES}"
        ));
    }
    let Some((_, factor)) = UNITS.iter().find(|(name, _)| *name == unit) else {
        return Err(unknown_unit(text, number, unit));
    };
    // A number that overflows is out of range as well.
    let milliseconds = number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(*factor));
    match milliseconds {
        Some(0) => Err(format!(
            "`{text}` is no time at all; the shortest duration is `1ms`"
        )),
        Some(milliseconds) if milliseconds <= longest => Ok(milliseconds),
        Some(_) | None => {
            let hours = longest / HOUR;
            Err(format!(
                "`{text}` is too long; the longest duration is `{hours}h`"
            ))
        }
    }
}

fn unknown_unit(text: &str, number: &str, unit: &str) -> String {
    if unit.is_empty() {
        return format!(
            "`{text}` has no unit; expected one of `ms`, `s`, `m`, `h`\nhelp: for seconds write `\"{number}s\"`"
        );
    }
    format!(
        "`{unit}` is not a unit of time; expected a whole number and one of `ms`, `s`, `m`, `h`, as in {EXAMPLES}"
    )
}

#[cfg(test)]
mod tests {
    use super::{LONGEST_AGE, LONGEST_WAIT};

    fn parse(text: &str) -> Result<u64, String> {
        super::parse(text, LONGEST_WAIT)
    }

    #[test]
    fn reads_every_unit() {
        assert_eq!(parse("250ms"), Ok(250));
        assert_eq!(parse("2s"), Ok(2_000));
        assert_eq!(parse("5m"), Ok(300_000));
        assert_eq!(parse("1h"), Ok(3_600_000));
    }

    #[test]
    fn keeps_the_bounds() {
        assert_eq!(parse("1ms"), Ok(1));
        assert_eq!(parse("24h"), Ok(86_400_000));
        assert_eq!(parse("86400000ms"), Ok(86_400_000));
        for text in [
            "25h",
            "86400001ms",
            "1441m",
            "99999999999999999999s",
            "18446744073709551615h",
        ] {
            assert!(parse(text).unwrap_err().contains("too long"), "{text}");
        }
        assert_eq!(super::parse("8760h", LONGEST_AGE), Ok(LONGEST_AGE));
        let error = super::parse("8761h", LONGEST_AGE).unwrap_err();
        assert!(error.contains("the longest duration is `8760h`"), "{error}");
        for text in ["0ms", "0s", "000h"] {
            assert!(parse(text).unwrap_err().contains("no time at all"), "{text}");
        }
    }

    #[test]
    fn names_a_missing_or_unknown_unit() {
        assert!(parse("30").unwrap_err().contains("no unit"));
        for text in ["2sec", "2 s", "1.5s", "2S", "1d", "1m30s", "2é"] {
            assert!(parse(text).unwrap_err().contains("not a unit"), "{text}");
        }
        for text in ["", "s", "-1s", " 2s", "two seconds", "+1s", "٣s"] {
            assert!(parse(text).unwrap_err().contains("not a duration"), "{text}");
        }
    }
}
