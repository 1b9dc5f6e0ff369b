//! How the messaging service is spoken to, and where it sends events to.

use url::Url;

use super::dialect::MessagingDialect;
use crate::config::parse_base_url;
use crate::{Error, ErrorKind};

/// What a builder and the address say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct HttpSettings {
    pub(crate) dialect: Option<MessagingDialect>,
    /// What stands before the event's name in the address of a callback.
    pub(crate) callbacks: Option<String>,
}

impl HttpSettings {
    /// What the query of the address says where the builder says nothing.
    ///
    /// # Errors
    /// `Config` for an unknown name and a value that is not allowed.
    pub(super) fn or_of(&self, url: &Url) -> Result<Self, Error> {
        let mut settings = self.clone();
        for (name, value) in url.query_pairs() {
            match &*name {
                "dialect" => {
                    let dialect = MessagingDialect::parse(&value);
                    let dialect = dialect.ok_or_else(|| wrong(&name, &value, "`plain` or `v1`"))?;
                    settings.dialect.get_or_insert(dialect);
                }
                "callbacks" => {
                    settings.callbacks.get_or_insert_with(|| value.into_owned());
                }
                // Without its value: it may be a secret.
                _ => {
                    let message =
                        format!("events over HTTP: unknown `{name}`: expected `dialect` or `callbacks`");
                    return Err(Error::new(ErrorKind::Config, message));
                }
            }
        }
        if let Some(callbacks) = &settings.callbacks {
            parse_base_url(callbacks)?;
        }
        Ok(settings)
    }
}

/// Where the messaging service is: the address without what it says of us.
///
/// # Errors
/// `Config` for what is no address of a service, a user name and a password among it.
pub(super) fn base(url: &Url) -> Result<Url, Error> {
    let mut base = url.clone();
    base.set_query(None);
    parse_base_url(base.as_str())
}

fn wrong(name: &str, value: &str, expected: &str) -> Error {
    let message = format!("events over HTTP: `{name}={value}`: expected {expected}");
    Error::new(ErrorKind::Config, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str, expected: Result<(Option<MessagingDialect>, Option<&str>), &str>) {
        let settings = HttpSettings::default().or_of(&url.parse().expect("a URL"));
        let found = match &settings {
            Ok(settings) => Ok((settings.dialect, settings.callbacks.as_deref())),
            Err(error) => Err(error.message()),
        };
        assert_eq!(found, expected, "{url}");
    }

    #[test]
    fn the_address_may_say_the_dialect_and_the_callbacks() {
        check("http://m", Ok((None, None)));
        check(
            "http://m?dialect=v1&callbacks=http://me:8080/events",
            Ok((Some(MessagingDialect::V1), Some("http://me:8080/events"))),
        );
        check(
            "http://m?dialect=v2",
            Err("events over HTTP: `dialect=v2`: expected `plain` or `v1`"),
        );
        check(
            "http://m?retries=1",
            Err("events over HTTP: unknown `retries`: expected `dialect` or `callbacks`"),
        );
    }

    #[test]
    fn a_password_in_the_address_is_refused_and_not_shown() {
        let error = base(&"http://user:hunter2@m".parse().expect("a URL")).expect_err("a password");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}
