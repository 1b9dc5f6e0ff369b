//! What may be a header: anything that serde can flatten, without names of its own.

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;

use super::flat::{Flat, FlatError, Place, Scalars};
use super::{percent, refuse};
use crate::Error;

/// The most bytes of one header value; servers refuse far less.
const LIMIT: usize = 64 * 1024;

/// A header parameter: anything that implements `Serialize` and is a scalar, an option or a sequence of scalars.
///
/// A sequence is several headers of the name; `None` is no header at all.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a header parameter",
    label = "this type does not implement `serde::Serialize`",
    note = "derive it: `#[derive(serde::Serialize)]`; a scalar, an `Option` and a sequence of scalars can be a header"
)]
pub trait HeaderArgument {
    #[doc(hidden)]
    fn flatten(&self, to: Flat<'_>) -> Result<(), FlatError>;
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + ?Sized> HeaderArgument for T {
    fn flatten(&self, to: Flat<'_>) -> Result<(), FlatError> {
        self.serialize(to)
    }
}

/// Appends the headers that an argument makes.
///
/// Where static headers have the same name, arguments replace them: collect the arguments apart, then
/// `headers.extend(arguments)`.
pub(crate) fn header(headers: &mut HeaderMap, name: &str, value: &dyn HeaderArgument) -> Result<(), Error> {
    let Ok(header) = HeaderName::from_bytes(name.as_bytes()) else {
        return Err(refuse("header", name, "not a legal header name"));
    };
    let mut lines = Lines {
        headers,
        name: header,
    };
    let flat = Flat {
        out: &mut lines,
        name,
        place: Place::Argument,
    };
    value.flatten(flat).map_err(|fault| refuse("header", name, fault))
}

struct Lines<'a> {
    headers: &'a mut HeaderMap,
    name: HeaderName,
}

impl Scalars for Lines<'_> {
    fn scalar(&mut self, _: &str, value: &dyn fmt::Display) -> Result<(), FlatError> {
        let mut line = String::new();
        percent::push_plain(&mut line, LIMIT, value)?;
        let value = legal(line)?;
        // `try_append` gives an error where `append` would panic: 32768 headers are the most.
        match self.headers.try_append(self.name.clone(), value) {
            Ok(_) => Ok(()),
            Err(error) => Err(serde::ser::Error::custom(error)),
        }
    }

    fn spreads(&self) -> bool {
        false
    }
}

/// Refuses what would be lost or misread on the way; the value itself is not shown, it may be a secret.
///
/// Beyond ASCII nothing says which characters the bytes are, and white space at the ends is cut off by servers
/// (RFC 9110, section 5.5).
fn legal(line: String) -> Result<HeaderValue, FlatError> {
    let refusal = line.char_indices().find_map(|(at, c)| match c {
        ' ' | '\t' if at == 0 || at + 1 == line.len() => Some("begins or ends with white space".to_owned()),
        ' '..='~' | '\t' => None,
        c => Some(format!(
            "has {c:?} at byte {at}; a header value has visible ASCII characters only"
        )),
    });
    match refusal {
        Some(refusal) => Err(serde::ser::Error::custom(refusal)),
        None => HeaderValue::try_from(line).map_err(serde::ser::Error::custom),
    }
}

#[cfg(test)]
mod tests {
    use serde::Serialize;

    use super::*;
    use crate::ErrorKind;

    fn lines(value: &dyn HeaderArgument) -> Result<Vec<String>, String> {
        let mut headers = HeaderMap::new();
        match header(&mut headers, "X-Tenant", value) {
            Ok(()) => Ok(headers
                .get_all("x-tenant")
                .iter()
                .map(|value| value.to_str().expect("ASCII").to_owned())
                .collect()),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Request);
                Err(error.to_string())
            }
        }
    }

    #[test]
    fn scalars_are_one_line_and_sequences_several() {
        #[derive(Serialize)]
        enum Mode {
            Fast,
        }
        for (value, expected) in [
            (&"a b" as &dyn HeaderArgument, vec!["a b"]),
            (&"", vec![""]),
            (&42_u8, vec!["42"]),
            (&i128::MIN, vec!["-170141183460469231731687303715884105728"]),
            (&0.1_f32, vec!["0.1"]),
            (&true, vec!["true"]),
            (&'x', vec!["x"]),
            (&Mode::Fast, vec!["Fast"]),
            (&Some("a"), vec!["a"]),
            (&None::<&str>, vec![]),
            (&vec!["a", "b,c"], vec!["a", "b,c"]),
            (&[Some(1), None, Some(3)], vec!["1", "3"]),
        ] {
            assert_eq!(lines(value).expect("legal"), expected);
        }
    }

    #[test]
    fn refuses_what_is_not_legal() {
        #[derive(Serialize)]
        struct Pair {
            a: u8,
        }
        for (value, expected) in [
            (
                &"a\r\nX-Admin: 1" as &dyn HeaderArgument,
                "header `X-Tenant`: has '\\r' at byte 1",
            ),
            (&"\u{e9}", "has '\u{e9}' at byte 0"),
            (&"\0", "at byte 0"),
            (&'\u{7f}', "at byte 0"),
            (&" a", "begins or ends with white space"),
            (&"a\t", "begins or ends with white space"),
            (&Pair { a: 1 }, "a struct cannot be sent here"),
            (&vec![vec![1]], "has a sequence as an element"),
            (&f64::NAN, "not finite"),
        ] {
            let error = lines(value).expect_err(expected);
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn a_value_never_appears_in_its_error() {
        let error = lines(&"secret-token\n").expect_err("illegal");
        assert!(!error.contains("secret"), "{error}");
    }

    #[test]
    fn arguments_replace_static_headers_by_extend() {
        let mut headers =
            HeaderMap::from_iter([(http::header::ACCEPT, HeaderValue::from_static("text/plain"))]);
        let mut arguments = HeaderMap::new();
        header(&mut arguments, "Accept", &["a/b", "c/d"]).expect("legal");
        headers.extend(arguments);
        assert_eq!(
            headers.get_all("accept").iter().collect::<Vec<_>>(),
            ["a/b", "c/d"]
        );
    }
}
