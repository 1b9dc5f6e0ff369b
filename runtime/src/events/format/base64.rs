//! Reads base64 (RFC 4648), which `data_base64` of a `CloudEvents` object is in.

/// The bytes, of the plain alphabet or the one of URLs, with or without padding; `None` for all else.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=').as_bytes();
    if digits.len() % 4 == 1 || text.len() - digits.len() > 2 {
        return None;
    }
    let mut bytes = Vec::with_capacity(digits.len() * 3 / 4);
    for group in digits.chunks(4) {
        let mut bits = 0;
        for digit in group {
            bits = bits << 6 | value(*digit)?;
        }
        bits <<= 6 * (4 - group.len());
        bytes.extend_from_slice(&bits.to_be_bytes()[1..group.len()]);
    }
    Some(bytes)
}

fn value(digit: u8) -> Option<u32> {
    let value = match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    };
    Some(value.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_examples_of_the_standard() {
        let check = |text: &str, expected: Option<&str>| {
            let decoded = decode(text).map(|bytes| String::from_utf8(bytes).expect("text"));
            assert_eq!(decoded.as_deref(), expected, "{text:?}");
        };
        check("", Some(""));
        check("Zg==", Some("f"));
        check("Zm8=", Some("fo"));
        check("Zm9v", Some("foo"));
        check("Zm9vYg", Some("foob"));
        check("Zm9vYmE=", Some("fooba"));
        check("Zm9vYmFy", Some("foobar"));
        check("Z", None);
        check("Zg===", None);
        check("Z g=", None);
        assert_eq!(decode("-_8="), Some(vec![0xfb, 0xff]));
    }
}
