//! The words of an error about a setting: which one, what it is, what is allowed.

use std::fmt;

use crate::error::{Error, ErrorKind, excerpt};

/// A setting with a value that is not allowed, of which the value may be shown.
pub(crate) fn wrong(setting: impl fmt::Display, value: &str, expected: impl fmt::Display) -> Error {
    let value = excerpt(value.as_bytes());
    Error::new(
        ErrorKind::Config,
        format!("{setting} is `{value}`; expected {expected}"),
    )
}

/// The same for a value that is, or may hold, a secret.
pub(crate) fn wrong_secret(setting: impl fmt::Display, expected: impl fmt::Display) -> Error {
    Error::new(
        ErrorKind::Config,
        format!("{setting} is not legal; expected {expected}"),
    )
}

/// A URL as an error may show it: user info and query hold credentials more often than not.
///
/// It is asked about text that is *not* a legal URL, so it looks for the marks alone and hides too much rather than
/// too little: everything before the last `@`, everything after the first `?` or `#`.
pub(crate) fn without_credentials(url: &str) -> String {
    let (scheme, rest) = match url.find("://") {
        Some(mark) => url.split_at(mark + 3),
        None => ("", url),
    };
    let (stars, rest) = match rest.rsplit_once('@') {
        Some((_, host)) => ("***@", host),
        None => ("", rest),
    };
    match rest.find(['?', '#']) {
        Some(mark) => format!("{scheme}{stars}{}***", &rest[..=mark]),
        None => format!("{scheme}{stars}{rest}"),
    }
}

/// The choices as an error lists them: `` `a`, `b` ``.
pub(crate) fn list(choices: &[&str]) -> String {
    let quoted: Vec<String> = choices.iter().map(|choice| format!("`{choice}`")).collect();
    quoted.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hides_user_info_and_query() {
        let check = |url: &str, expected: &str| assert_eq!(without_credentials(url), expected);
        check("http://a:80/p", "http://a:80/p");
        check("http://user:secret@a:80", "http://***@a:80");
        check("http://user:se/cr@et@a", "http://***@a");
        check("user:secret@a", "***@a");
        check("http://a?key=secret", "http://a?***");
        check("http://a#secret", "http://a#***");
        check("http://a,http://user:secret@b", "http://***@b");
        check("http://a?x=@secret", "http://***@secret");
        check("", "");
    }

    #[test]
    fn a_value_is_shown_on_one_line_and_bounded() {
        let error = wrong("`X`", &"a\n".repeat(10_000), "less");
        assert!(error.message().len() < 700);
        assert!(!error.message().contains('\n'));
        assert_eq!(error.kind(), ErrorKind::Config);
    }

    #[test]
    fn names_the_setting_the_value_and_what_is_allowed() {
        assert_eq!(
            wrong("`A`", "x", list(&["b", "c"])).message(),
            "`A` is `x`; expected `b`, `c`"
        );
        assert_eq!(
            wrong_secret("`A`", "visible ASCII").message(),
            "`A` is not legal; expected visible ASCII"
        );
    }
}
