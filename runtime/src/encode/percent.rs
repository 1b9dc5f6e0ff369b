//! Percent-encoding, written straight into the request's own buffer.

use std::fmt::{self, Write};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What is encoded inside a path segment: all but RFC 3986's unreserved characters and `! $ ' ( ) * , : @`.
///
/// `;` starts a parameter for some servers, and `+`, `=` and `&` are misread by some: they are legal here, and encoded.
pub(super) const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'$')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b',')
    .remove(b':')
    .remove(b'@');

/// The same for several segments: the slashes between them stay.
pub(super) const SEGMENTS: &AsciiSet = &SEGMENT.remove(b'/');

/// What is encoded in a name or a value of a query or a form.
///
/// A space becomes `%20`, which every server reads, and `+` becomes `%2B`, so that no server reads a space. A URL
/// parser would encode `'` in a query, so it is encoded here already.
pub(super) const QUERY: &AsciiSet = &SEGMENT.add(b'\'').remove(b'/').remove(b'?');

/// Writes a value encoded.
///
/// `limit` bounds the whole buffer, so that a value without end is an error and not the end of the process.
pub(super) fn push(
    out: &mut String,
    set: &'static AsciiSet,
    limit: usize,
    value: &dyn fmt::Display,
) -> Result<(), Fault> {
    write(out, Some(set), limit, value)
}

/// Writes a value as it is, under the same bound.
pub(super) fn push_plain(out: &mut String, limit: usize, value: &dyn fmt::Display) -> Result<(), Fault> {
    write(out, None, limit, value)
}

fn write(
    out: &mut String,
    set: Option<&'static AsciiSet>,
    limit: usize,
    value: &dyn fmt::Display,
) -> Result<(), Fault> {
    let mut encoder = Encoder {
        out,
        set,
        limit,
        full: false,
    };
    match write!(encoder, "{value}") {
        Ok(()) => Ok(()),
        Err(fmt::Error) if encoder.full => Err(Fault::TooLong(limit)),
        Err(fmt::Error) => Err(Fault::Display),
    }
}

/// Why a value could not be written.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It makes the buffer longer than this.
    TooLong(usize),
    /// Its own `Display` gave up.
    Display,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong(limit) => write!(f, "too long: all of it takes at most {limit} bytes"),
            Self::Display => f.write_str("the value's own formatting gave an error"),
        }
    }
}

struct Encoder<'a> {
    out: &'a mut String,
    set: Option<&'static AsciiSet>,
    limit: usize,
    full: bool,
}

impl Encoder<'_> {
    fn append(&mut self, part: &str) -> fmt::Result {
        if self.out.len() + part.len() > self.limit {
            self.full = true;
            return Err(fmt::Error);
        }
        self.out.push_str(part);
        Ok(())
    }
}

impl Write for Encoder<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        match self.set {
            Some(set) => utf8_percent_encode(text, set).try_for_each(|part| self.append(part)),
            None => self.append(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(set: &'static AsciiSet, text: &str) -> String {
        let mut out = String::new();
        push(&mut out, set, 1000, &text).expect("short");
        out
    }

    #[test]
    fn keeps_what_is_safe_and_encodes_the_rest() {
        let ascii: String = (0x20..0x7f).map(char::from).collect();
        assert_eq!(
            encoded(SEGMENT, &ascii),
            "%20!%22%23$%25%26'()*%2B,-.%2F0123456789:%3B%3C%3D%3E%3F@ABCDEFGHIJKLMNOPQRSTUVWXYZ\
             %5B%5C%5D%5E_%60abcdefghijklmnopqrstuvwxyz%7B%7C%7D~"
        );
        assert_eq!(
            encoded(QUERY, &ascii),
            "%20!%22%23$%25%26%27()*%2B,-./0123456789:%3B%3C%3D%3E?@ABCDEFGHIJKLMNOPQRSTUVWXYZ\
             %5B%5C%5D%5E_%60abcdefghijklmnopqrstuvwxyz%7B%7C%7D~"
        );
    }

    #[test]
    fn a_value_without_end_is_an_error() {
        struct Endless;
        impl fmt::Display for Endless {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                loop {
                    f.write_str("endless")?;
                }
            }
        }
        let mut out = String::new();
        assert_eq!(push(&mut out, SEGMENT, 1000, &Endless), Err(Fault::TooLong(1000)));
        assert!(out.len() <= 1000);
    }
}
