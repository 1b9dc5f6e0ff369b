//! The headers that go along with every call.

use std::fmt;

use http::header::{AUTHORIZATION, COOKIE, HeaderName, HeaderValue, PROXY_AUTHORIZATION};

use crate::context::is_of_every_call;

use super::secret::{X_API_KEY, X_API_SECRET, X_INTERNAL_TOKEN, sensitive};

/// Headers whose value is a credential, whoever sets them.
const CREDENTIALS: [HeaderName; 6] = [
    AUTHORIZATION,
    PROXY_AUTHORIZATION,
    COOKIE,
    X_API_KEY,
    X_API_SECRET,
    X_INTERNAL_TOKEN,
];

const NAME: &str = "a header's name of letters, digits and any of `!#$%&'*+-.^_`|~`";
const NOT_FIXED: &str = "a header that calls do not write themselves: a call's own header, or its context, says what \
                         `x-trace-id`, `x-request-id` and `traceparent` are; `x-request-timeout-ms` and \
                         `x-retry-attempt` are what they are";
const VALUE: &str = "visible ASCII with spaces and tabs inside, not at either end";

/// Names and values; `Debug` shows the names alone.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Headers(Vec<(HeaderName, HeaderValue)>);

impl Headers {
    pub(crate) fn as_slice(&self) -> &[(HeaderName, HeaderValue)] {
        &self.0
    }

    pub(crate) fn contains(&self, name: &HeaderName) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    /// Sets a header, in place of what was set under its name.
    pub(crate) fn set(&mut self, name: HeaderName, value: HeaderValue) {
        self.0.retain(|(known, _)| *known != name);
        self.add(name, value);
    }

    /// Adds a value under a name that may have one already.
    pub(crate) fn add(&mut self, name: HeaderName, value: HeaderValue) {
        let value = if CREDENTIALS.contains(&name) {
            sensitive(value)
        } else {
            value
        };
        self.0.push((name, value));
    }

    /// These over weaker ones: a name that is here hides the weaker values of that name.
    pub(crate) fn or(mut self, weaker: Self) -> Self {
        let added: Vec<_> = weaker
            .0
            .into_iter()
            .filter(|(name, _)| !self.contains(name))
            .collect();
        self.0.extend(added);
        self
    }

    pub(crate) fn without(mut self, names: &[HeaderName]) -> Self {
        self.0.retain(|(name, _)| !names.contains(name));
        self
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|(name, _)| name))
            .finish()
    }
}

/// The name of a header that a setting may give a value.
///
/// # Errors
/// What is allowed.
pub(crate) fn header_name(text: &str) -> Result<HeaderName, &'static str> {
    let name = text.parse().map_err(|_| NAME)?;
    if is_of_every_call(&name) {
        return Err(NOT_FIXED);
    }
    Ok(name)
}

/// # Errors
/// What is allowed.
pub(crate) fn header_value(text: &str) -> Result<HeaderValue, &'static str> {
    // `HeaderValue` takes any byte above 127 as well, which no two servers read alike.
    if !text.is_ascii() || text.trim_matches([' ', '\t']) != text {
        return Err(VALUE);
    }
    HeaderValue::from_str(text).map_err(|_| VALUE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> Headers {
        let mut headers = Headers::default();
        for (name, value) in pairs {
            headers.add(
                header_name(name).expect("a legal name"),
                header_value(value).expect("a legal value"),
            );
        }
        headers
    }

    #[test]
    fn the_stronger_name_hides_all_weaker_values() {
        let stronger = headers(&[("x-a", "1"), ("X-A", "2")]);
        let weaker = headers(&[("X-a", "3"), ("x-b", "4"), ("x-b", "5")]);
        assert_eq!(
            stronger.or(weaker),
            headers(&[("x-a", "1"), ("x-a", "2"), ("x-b", "4"), ("x-b", "5")])
        );
    }

    #[test]
    fn setting_replaces_what_was_set() {
        let mut set = headers(&[("x-a", "1"), ("x-b", "2")]);
        set.set(HeaderName::from_static("x-a"), HeaderValue::from_static("3"));
        assert_eq!(set, headers(&[("x-b", "2"), ("x-a", "3")]));
    }

    #[test]
    fn values_are_never_shown_and_credentials_are_marked() {
        let set = headers(&[("Authorization", "Basic hunter2"), ("x-mine", "hunter2")]);
        assert_eq!(format!("{set:?}"), r#"["authorization", "x-mine"]"#);
        assert!(set.as_slice()[0].1.is_sensitive());
        assert!(!set.as_slice()[1].1.is_sensitive());
    }

    #[test]
    fn refuses_illegal_names_and_values() {
        for name in ["", " ", "x a", "x:", "ключ", "x\n"] {
            assert_eq!(header_name(name), Err(NAME), "{name:?}");
        }
        for name in [
            "x-trace-id",
            "X-Request-ID",
            "Traceparent",
            "x-request-timeout-ms",
            "X-Retry-Attempt",
        ] {
            assert_eq!(header_name(name), Err(NOT_FIXED), "{name:?}");
        }
        for name in ["baggage", "tracestate", "x-tenant"] {
            assert!(header_name(name).is_ok(), "{name:?}");
        }
        for value in [" a", "a\t", "a\r\nX-B: c", "a\0", "ключ"] {
            assert_eq!(header_value(value), Err(VALUE), "{value:?}");
        }
        assert_eq!(header_value(""), Ok(HeaderValue::from_static("")));
    }
}
