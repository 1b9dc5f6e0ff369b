//! Which characters the bytes of a body are.

use std::borrow::Cow;

use bytes::Bytes;
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use http::{HeaderMap, header::CONTENT_TYPE};

/// The value of `charset` in the content type: `text/plain; charset="utf-8"` has `utf-8`.
fn label(headers: &HeaderMap) -> Option<&str> {
    let content_type = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let named = name.trim().eq_ignore_ascii_case("charset");
        named.then(|| value.trim().trim_matches('"'))
    })
}

/// The text of a body: by its byte order mark, else by its charset, else as UTF-8.
pub(super) fn text(headers: &HeaderMap, body: Bytes) -> Result<String, String> {
    let (encoding, skip) = match (Encoding::for_bom(&body), label(headers)) {
        (Some((encoding, length)), _) => (encoding, length),
        (None, None) => (UTF_8, 0),
        (None, Some(label)) => match Encoding::for_label(label.as_bytes()) {
            Some(encoding) => (encoding, 0),
            None => return Err(format!("the charset `{label}` is not known")),
        },
    };
    if encoding == UTF_8 && skip == 0 {
        let text = String::from_utf8(body.into());
        return text.map_err(|error| format!("the body is not valid UTF-8: {}", error.utf8_error()));
    }
    match encoding.decode_without_bom_handling_and_without_replacement(&body[skip..]) {
        Some(text) => Ok(text.into_owned()),
        None => Err(format!("the body is not valid {}", encoding.name())),
    }
}

/// A body as JSON text in UTF-8 without a byte order mark; one that cannot be turned into it stays as it is.
///
/// RFC 8259 knows no charset but UTF-8, and many servers name a Latin one and send UTF-8: what is valid UTF-8 is
/// taken as such then. Another charset is believed.
pub(super) fn json_text<'b>(headers: &HeaderMap, body: &'b [u8]) -> Cow<'b, [u8]> {
    if let Some((encoding, skip)) = Encoding::for_bom(body) {
        return decoded(encoding, &body[skip..]);
    }
    match label(headers).and_then(|label| Encoding::for_label(label.as_bytes())) {
        None => Cow::Borrowed(body),
        Some(encoding) if encoding == WINDOWS_1252 && std::str::from_utf8(body).is_ok() => {
            Cow::Borrowed(body)
        }
        Some(encoding) => decoded(encoding, body),
    }
}

fn decoded<'b>(encoding: &'static Encoding, body: &'b [u8]) -> Cow<'b, [u8]> {
    if encoding == UTF_8 {
        return Cow::Borrowed(body);
    }
    match encoding.decode_without_bom_handling_and_without_replacement(body) {
        Some(Cow::Owned(text)) => Cow::Owned(text.into_bytes()),
        Some(Cow::Borrowed(_)) | None => Cow::Borrowed(body),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(content_type: &str) -> HeaderMap {
        let value = HeaderValue::from_str(content_type).expect("legal");
        HeaderMap::from_iter([(CONTENT_TYPE, value)])
    }

    #[test]
    fn text_goes_by_mark_then_charset_then_utf8() {
        for (content_type, body, expected) in [
            ("text/plain", &b"a\xc3\xa9"[..], Ok("a\u{e9}")),
            ("text/plain; charset=utf-8", b"a\xc3\xa9", Ok("a\u{e9}")),
            ("text/plain; charset=\"ISO-8859-1\"", b"a\xe9", Ok("a\u{e9}")),
            (
                "text/plain; format=flowed; Charset = gbk",
                b"\xc4\xe3",
                Ok("\u{4f60}"),
            ),
            ("text/plain", b"\xef\xbb\xbfa", Ok("a")),
            (
                "text/plain; charset=iso-8859-1",
                b"\xef\xbb\xbf\xc3\xa9",
                Ok("\u{e9}"),
            ),
            ("text/plain", b"\xff\xfea\0", Ok("a")),
            ("text/plain; charset=utf-16be", b"\0a", Ok("a")),
            ("text/plain", b"", Ok("")),
            (
                "text/plain",
                b"a\xff",
                Err("not valid UTF-8: invalid utf-8 sequence of 1 bytes from index 1"),
            ),
            (
                "text/plain; charset=shift_jis",
                b"\x80\xff",
                Err("the body is not valid Shift_JIS"),
            ),
            (
                "text/plain; charset=klingon",
                b"a",
                Err("the charset `klingon` is not known"),
            ),
        ] {
            match (text(&headers(content_type), Bytes::from_static(body)), expected) {
                (Ok(text), Ok(expected)) => assert_eq!(text, expected),
                (Err(fault), Err(expected)) => assert!(fault.contains(expected), "{fault}"),
                (outcome, expected) => panic!("{content_type} {body:?}: {outcome:?} is not {expected:?}"),
            }
        }
    }

    #[test]
    fn json_is_utf8_unless_it_cannot_be() {
        for (content_type, body, expected) in [
            ("application/json", &b"\"\xc3\xa9\""[..], "\"\u{e9}\""),
            ("application/json; charset=iso-8859-1", b"\"\xe9\"", "\"\u{e9}\""),
            (
                "application/json; charset=iso-8859-1",
                b"\"\xc3\xa9\"",
                "\"\u{e9}\"",
            ),
            ("application/json; charset=utf-16le", b"1\0", "1"),
            ("application/json; charset=klingon", b"1", "1"),
            ("application/json", b"\xef\xbb\xbf1", "1"),
        ] {
            let json = json_text(&headers(content_type), body);
            assert_eq!(std::str::from_utf8(&json), Ok(expected), "{content_type}");
        }
    }
}
