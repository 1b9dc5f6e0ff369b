//! The readers of foreign text with what must hold of them, for `fuzz/` and for the tests below.
//!
//! There only under `cfg(fuzzing)`, which cargo-fuzz sets, and in tests; no part of the public interface.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::Value;

use crate::call::retry_after;
use crate::config::{EnvelopePolicy, parse_duration};
use crate::encode::Target;
use crate::endpoint::PathTemplate;
use crate::reply::{Envelope, FromReply, Page, Reply};
use crate::{Body, Raw};

/// A template that parses can be filled, and what comes out can be sent.
pub fn path_template(text: &str) {
    let Ok(template) = PathTemplate::parse(text) else {
        return;
    };
    assert_eq!(template.as_str(), text);
    let count = template.placeholders().count();
    let mut target = Target::start(Arc::new(template));
    for _ in 0..count {
        target.path(&"a b");
    }
    match target.finish() {
        Ok(target) => assert_eq!(target.parse::<PathAndQuery>().expect("a target"), target.as_str()),
        Err(error) => assert!(text.len() > 60_000, "{text}: {error}"),
    }
}

/// A value never leaves its segment, whatever it is.
pub fn path_value(value: &str) {
    let template = PathTemplate::parse("/a/{value}/b").expect("a template");
    let mut target = Target::start(Arc::new(template));
    target.path(&value);
    if let Ok(target) = target.finish() {
        let segments: Vec<&str> = target.split('/').collect();
        let ["", "a", segment, "b"] = segments[..] else {
            panic!("{value:?} became {target}");
        };
        let decoded = percent_encoding::percent_decode_str(segment).decode_utf8();
        assert_eq!(decoded.expect("UTF-8"), value);
        assert_eq!(target.parse::<PathAndQuery>().expect("a target"), target.as_str());
    }
}

/// A duration is between 1 ms and 24 h.
pub fn duration(text: &str) {
    if let Ok(duration) = parse_duration(text) {
        assert!(
            duration >= Duration::from_millis(1) && duration <= Duration::from_secs(86_400),
            "{text}"
        );
    }
}

/// A wait is at most a day.
pub fn retry_after(value: &[u8]) {
    if let Ok(value) = HeaderValue::from_bytes(value) {
        let wait = retry_after::parse(&value, SystemTime::UNIX_EPOCH);
        assert!(
            wait.is_none_or(|wait| wait <= Duration::from_secs(86_400)),
            "{value:?}"
        );
    }
}

/// An envelope's value is a part of the body, and its error is bounded.
pub fn envelope(body: &[u8]) {
    let body = Bytes::copy_from_slice(body);
    let read = |status| Envelope::read(&EnvelopePolicy::default(), status, &HeaderMap::new(), &body);
    if let Some(envelope) = read(StatusCode::OK).filter(|envelope| envelope.failed) {
        let error = envelope.into_error(StatusCode::OK, &body);
        assert!(error.to_string().len() < 10_000);
    }
}

/// Any body is a value or an error of bounded length, inside an envelope and without one.
pub fn reply(body: &[u8]) {
    let content_type = match body.first().map(|byte| byte % 4) {
        Some(0) => "text/html",
        Some(1) => "application/json; charset=iso-8859-1",
        _ => "application/json",
    };
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(content_type))]);
    let body = Bytes::copy_from_slice(body);
    let envelope = Envelope::read(&EnvelopePolicy::default(), StatusCode::OK, &headers, &body);
    let reply = |envelope| {
        let body = Body::from(body.clone());
        Reply::new(StatusCode::OK, headers.clone(), Arc::from(""), body, envelope)
    };
    bounded(Value::from_reply(reply(envelope.clone())));
    bounded(Page::<u8>::from_reply(reply(envelope.clone())));
    bounded(Vec::<(u8, String)>::from_reply(reply(envelope)));
    bounded(Reply::<Raw>::from_reply(reply(None)).and_then(|raw| raw.text()));
}

fn bounded<T>(outcome: crate::Result<T>) {
    if let Err(error) = outcome {
        assert!(error.to_string().len() < 10_000);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    const TIMES: usize = 1_000_000;

    /// Cuts, doubles, swaps and overwrites pieces of good input, and joins what the parser looks for.
    struct Mutations {
        random: Random,
        text: Vec<u8>,
    }

    impl Mutations {
        fn new() -> Self {
            Self {
                random: Random::from_seed(1),
                text: Vec::new(),
            }
        }

        fn below(&self, bound: usize) -> usize {
            usize::try_from(self.random.next_u64() % bound.max(1) as u64).expect("below a usize")
        }

        fn next(&mut self, seeds: &[&str], tokens: &[&str]) -> &[u8] {
            self.text.clear();
            let seed = seeds[self.below(seeds.len())];
            self.text.extend_from_slice(seed.as_bytes());
            for _ in 0..=self.below(3) {
                let at = self.below(self.text.len() + 1);
                let end = at + self.below((self.text.len() - at).min(4) + 1);
                let token = tokens[self.below(tokens.len())].as_bytes();
                match self.below(4) {
                    0 => self.text.truncate(at),
                    1 => drop(self.text.splice(at..end, token.iter().copied())),
                    2 => self.text.extend_from_within(at..end),
                    _ => self
                        .text
                        .insert(at, u8::try_from(self.below(256)).expect("a byte")),
                }
            }
            &self.text
        }
    }

    fn survives(seeds: &[&str], tokens: &[&str], read: impl Fn(&[u8])) {
        survives_times(TIMES, seeds, tokens, read);
    }

    fn survives_times(times: usize, seeds: &[&str], tokens: &[&str], read: impl Fn(&[u8])) {
        let mut mutations = Mutations::new();
        for _ in 0..times {
            read(mutations.next(seeds, tokens));
        }
    }

    fn text(read: impl Fn(&str)) -> impl Fn(&[u8]) {
        move |bytes| {
            if let Ok(text) = std::str::from_utf8(bytes) {
                read(text);
            }
        }
    }

    #[test]
    fn a_million_path_templates() {
        let seeds = [
            "/v1/models/{id}",
            "/{a}-{b}.json",
            "/x/{id?}/y",
            "/f/{rest*}",
            "/%2e/a%20",
        ];
        let tokens = [
            "{", "}", "/", "?", "*", "{a}", "//", "..", "%", "%2e", "é", "_", "1", " ",
        ];
        survives(&seeds, &tokens, text(path_template));
    }

    #[test]
    fn a_million_path_values() {
        let seeds = ["plain", "a/b", "..", "%2e%2e", "日本 🦀", "a?b#c;d"];
        let tokens = ["/", "\\", ".", "%2F", "\0", "\r\n", "é", "\u{202e}", "+", "&"];
        survives(&seeds, &tokens, text(path_value));
    }

    #[test]
    fn a_million_durations() {
        let seeds = ["250ms", "2s", "5m", "1h", "86400000ms", "0s"];
        let tokens = [
            "9",
            "ms",
            "s",
            "m",
            "h",
            "-",
            "+",
            ".",
            "e",
            " ",
            "٣",
            "99999999999999999999",
        ];
        survives(&seeds, &tokens, text(duration));
    }

    #[test]
    fn a_million_retry_afters() {
        let seeds = [
            "120",
            "0",
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
        ];
        let tokens = ["9", "99999", ":", ",", " ", "-", "GMT", "Feb", "31", "\t"];
        survives(&seeds, &tokens, retry_after);
    }

    #[test]
    fn a_million_envelopes() {
        survives(&BODIES, &JSON_TOKENS, envelope);
    }

    /// Fewer, since each is read as four types.
    #[test]
    fn many_replies() {
        survives_times(TIMES / 20, &BODIES, &JSON_TOKENS, reply);
    }

    const BODIES: [&str; 7] = [
        r#"{"code":0,"message":"m","data":[1]}"#,
        r#"{"success":false,"error_code":"E"}"#,
        r#"{"data":[1],"total":1,"page":1,"page_size":1}"#,
        r#"{"data":{"items":[[1,"x"]],"total":1,"page":1,"size":1}}"#,
        r#"{"detail":[{"loc":["a",1],"msg":"m"}]}"#,
        "[[1,\"x\"]]",
        "\u{feff}null",
    ];

    const JSON_TOKENS: [&str; 16] = [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\",
        "\\ud800",
        "null",
        "-0",
        "1e999",
        "true",
        "\"code\":",
        "\n",
        "<",
    ];
}
