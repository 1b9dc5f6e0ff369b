//! Who we are to a service, kept out of every message.

use std::fmt;

use http::header::{AUTHORIZATION, HeaderName, HeaderValue};

use super::headers::header_value;

pub(crate) const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");
pub(crate) const X_API_SECRET: HeaderName = HeaderName::from_static("x-api-secret");
pub(crate) const X_INTERNAL_TOKEN: HeaderName = HeaderName::from_static("x-internal-token");

/// What a key may be.
const LEGAL: &str = "one or more visible ASCII characters, without spaces at either end";

/// A text that is never shown.
///
/// A newtype of our own: the value is copied into the headers of every request, so wiping this one copy when it is
/// dropped, which is what a crate for secrets adds, would protect nothing.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(HeaderValue);

impl Secret {
    /// # Errors
    /// What is allowed, when it cannot be the value of a header.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        if text.is_empty() {
            return Err(LEGAL);
        }
        let value = header_value(text).map_err(|_| LEGAL)?;
        Ok(Self(sensitive(value)))
    }

    fn bearer(&self) -> HeaderValue {
        let value = [b"Bearer ", self.0.as_bytes()].concat();
        sensitive(HeaderValue::from_bytes(&value).expect("a legal value after a legal prefix is legal"))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// How a client shows a service who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Credential {
    /// A key alone, from a file or the environment: it takes the shape of a weaker source, else it is a bearer's.
    Key(Secret),
    /// `Authorization: Bearer …`
    Bearer(Secret),
    /// `X-API-Key: …`
    ApiKey(Secret),
    /// `X-API-Key: …` and `X-API-Secret: …`
    ApiKeyAndSecret(Secret, Secret),
    /// `X-Internal-Token: …`
    InternalToken(Secret),
}

impl Credential {
    /// This credential over a weaker one: a key alone keeps the weaker one's shape, any other replaces it whole.
    pub(crate) fn or(self, weaker: Option<Self>) -> Self {
        let Self::Key(key) = self else { return self };
        match weaker {
            None | Some(Self::Key(_)) => Self::Key(key),
            Some(Self::Bearer(_)) => Self::Bearer(key),
            Some(Self::ApiKey(_)) => Self::ApiKey(key),
            Some(Self::ApiKeyAndSecret(_, secret)) => Self::ApiKeyAndSecret(key, secret),
            Some(Self::InternalToken(_)) => Self::InternalToken(key),
        }
    }

    pub(crate) fn header_names(&self) -> Vec<HeaderName> {
        self.headers().into_iter().map(|(name, _)| name).collect()
    }

    /// The headers that carry it, marked sensitive.
    pub(crate) fn headers(&self) -> Vec<(HeaderName, HeaderValue)> {
        match self {
            Self::Key(key) | Self::Bearer(key) => vec![(AUTHORIZATION, key.bearer())],
            Self::ApiKey(key) => vec![(X_API_KEY, key.0.clone())],
            Self::ApiKeyAndSecret(key, secret) => {
                vec![(X_API_KEY, key.0.clone()), (X_API_SECRET, secret.0.clone())]
            }
            Self::InternalToken(token) => vec![(X_INTERNAL_TOKEN, token.0.clone())],
        }
    }
}

pub(crate) fn sensitive(mut value: HeaderValue) -> HeaderValue {
    value.set_sensitive(true);
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret {
        Secret::parse(text).expect("a legal key")
    }

    #[test]
    fn becomes_the_headers_of_its_shape() {
        let check = |credential: Credential, expected: &[(&str, &str)]| {
            let headers = credential.headers();
            assert!(
                headers.iter().all(|(_, value)| value.is_sensitive()),
                "{credential:?}"
            );
            let shown: Vec<_> = headers
                .iter()
                .map(|(name, value)| (name.as_str(), value.to_str().expect("ASCII")))
                .collect();
            assert_eq!(shown, expected);
        };
        check(Credential::Key(secret("k")), &[("authorization", "Bearer k")]);
        check(Credential::Bearer(secret("k")), &[("authorization", "Bearer k")]);
        check(Credential::ApiKey(secret("k")), &[("x-api-key", "k")]);
        check(
            Credential::ApiKeyAndSecret(secret("k"), secret("s")),
            &[("x-api-key", "k"), ("x-api-secret", "s")],
        );
        check(
            Credential::InternalToken(secret("t")),
            &[("x-internal-token", "t")],
        );
    }

    #[test]
    fn refuses_what_no_header_can_carry() {
        for text in ["", " ", "a ", " a", "a\n", "a\rb", "a\0b", "ключ"] {
            assert_eq!(Secret::parse(text), Err(LEGAL), "{text:?}");
        }
    }

    #[test]
    fn is_never_shown() {
        for credential in [
            Credential::Key(secret("hunter2")),
            Credential::Bearer(secret("hunter2")),
            Credential::ApiKeyAndSecret(secret("hunter2"), secret("hunter2")),
        ] {
            let shown = format!("{credential:?} {:?}", credential.headers());
            assert!(!shown.contains("hunter2"), "{shown}");
            assert!(shown.contains("***"), "{shown}");
        }
    }

    #[test]
    fn a_key_alone_takes_the_weaker_shape() {
        let check = |weaker, expected| {
            assert_eq!(Credential::Key(secret("new")).or(weaker), expected);
        };
        check(None, Credential::Key(secret("new")));
        check(
            Some(Credential::Key(secret("old"))),
            Credential::Key(secret("new")),
        );
        check(
            Some(Credential::Bearer(secret("old"))),
            Credential::Bearer(secret("new")),
        );
        check(
            Some(Credential::ApiKey(secret("old"))),
            Credential::ApiKey(secret("new")),
        );
        check(
            Some(Credential::ApiKeyAndSecret(secret("old"), secret("s"))),
            Credential::ApiKeyAndSecret(secret("new"), secret("s")),
        );
        check(
            Some(Credential::InternalToken(secret("old"))),
            Credential::InternalToken(secret("new")),
        );
        assert_eq!(
            Credential::Bearer(secret("new")).or(Some(Credential::ApiKey(secret("old")))),
            Credential::Bearer(secret("new")),
            "a credential with a shape of its own replaces the weaker one whole"
        );
    }
}
