//! The address of an instance: what may stand before the path of an endpoint.

use std::borrow::Cow;

use url::Url;

use super::mistake::{without_credentials, wrong};
use crate::error::Error;

const EXPECTED: &str =
    "`http://` or `https://`, a host, and perhaps a port and a path, such as `http://10.0.0.1:8080`";
const NO_USER_INFO: &str = "no user name and no password in the address: a credential is set with `api_key`";
const NO_QUERY: &str = "no query and no fragment in the address of a service";
const ONE: &str = "one address, without a comma in its host";
const NO_SPACES: &str = "no spaces, control characters or backslashes in an address";

/// Reads the address of an instance.
///
/// # Errors
/// `Config`, which names the address, without what may be a credential in it, and what is allowed.
pub(crate) fn parse_base_url(text: &str) -> Result<Url, Error> {
    base_url(text).map_err(|expected| wrong("the address", &without_credentials(text), expected))
}

/// An address as it may be shown: whole where it is legal, else without what may be a credential in it.
pub(crate) fn shown_address(text: &str) -> Cow<'_, str> {
    match base_url(text) {
        Ok(_) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(without_credentials(text)),
    }
}

/// An address in its one form: without a slash at its end, a port that its scheme implies, or capitals in its host.
///
/// One that is not legal stays as it is, and is refused by whoever calls it.
pub(crate) fn one_form(text: &str) -> Cow<'_, str> {
    match base_url(text) {
        Ok(url) if url.as_str().trim_end_matches('/') == text => Cow::Borrowed(text),
        Ok(url) => Cow::Owned(url.as_str().trim_end_matches('/').to_owned()),
        Err(_) => Cow::Borrowed(text),
    }
}

/// The same with what is allowed as its error, for a caller that knows where the text comes from.
///
/// `Url::parse` repairs a good deal (`http:host`, `http:///host`, backslashes, tabs); what it would repair is refused
/// here, since the user wrote something else than what would be called.
pub(crate) fn base_url(text: &str) -> Result<Url, &'static str> {
    if text.contains(|letter: char| letter.is_whitespace() || letter.is_control() || letter == '\\') {
        return Err(NO_SPACES);
    }
    let authority = authority(text).ok_or(EXPECTED)?;
    if authority.contains('@') {
        return Err(NO_USER_INFO);
    }
    if authority.contains(',') {
        return Err(ONE);
    }
    let url = Url::parse(text).map_err(|_| EXPECTED)?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err(NO_QUERY);
    }
    if url.port() == Some(0) {
        return Err(EXPECTED);
    }
    Ok(url)
}

/// What stands between the scheme and the path, when the scheme is one of ours.
fn authority(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_once("://")?;
    let ours = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    (ours && end > 0).then(|| &rest[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_a_host_with_port_and_path() {
        let check = |text, expected: &str| {
            assert_eq!(
                base_url(text).map(|url| url.to_string()),
                Ok(expected.to_owned()),
                "{text}"
            );
        };
        check("http://a", "http://a/");
        check("HTTPS://A.example:8443/api/v1/", "https://a.example:8443/api/v1/");
        check("http://10.0.0.1:8080", "http://10.0.0.1:8080/");
        check("http://[::1]:80", "http://[::1]/");
        check("http://a/p,q", "http://a/p,q");
        check("http://a/x@y", "http://a/x@y");
    }

    #[test]
    fn says_what_is_allowed() {
        let check = |text, expected| assert_eq!(base_url(text), Err(expected), "{text}");
        for text in [
            "",
            "a",
            "a:80",
            "//a",
            "http:",
            "http:a",
            "http://",
            "http:///a",
            "ftp://a",
            "htp://a",
            "memory:",
            "http://:80",
            "http://a:0",
            "http://a:99999",
            "http://a:b",
            "http://[::1",
            "file:///etc/passwd",
            "://a",
            "http://a%00b",
            "unix:/run/x.sock",
        ] {
            check(text, EXPECTED);
        }
        for text in [
            "http://user@a",
            "http://user:pw@a",
            "https://@a",
            "http://:pw@a:80/p",
        ] {
            check(text, NO_USER_INFO);
        }
        for text in ["http://a?x=1", "http://a/p?", "http://a#f", "http://a/#"] {
            check(text, NO_QUERY);
        }
        for text in [
            " http://a",
            "http://a ",
            "http://a\n",
            "ht\ttp://a",
            "http:\\\\a",
            "http://a\\b",
        ] {
            check(text, NO_SPACES);
        }
        check("http://a,http://b", ONE);
    }

    #[test]
    fn an_address_has_one_form() {
        let check = |text, expected: &str| assert_eq!(one_form(text), expected, "{text}");
        check("http://a:1", "http://a:1");
        check("http://a:1/", "http://a:1");
        check("HTTP://A:80/x/", "http://a/x");
        check("http://u:p@a/", "http://u:p@a/");
    }

    #[test]
    fn an_address_is_shown_without_its_credential() {
        let check = |text, expected: &str| assert_eq!(shown_address(text), expected, "{text}");
        check("http://a:1/x@y", "http://a:1/x@y");
        check("http://u:hunter2@a", "http://***@a");
        check("http://a/p?token=hunter2", "http://a/p?***");
        check("http://a/p#hunter2", "http://a/p#***");
    }

    #[test]
    fn an_error_shows_the_address_without_its_credential() {
        let error = parse_base_url("http://admin:hunter2@a").expect_err("user info is refused");
        assert_eq!(
            error.message(),
            format!("the address is `http://***@a`; expected {NO_USER_INFO}")
        );
    }
}
