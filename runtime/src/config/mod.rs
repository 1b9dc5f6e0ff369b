//! Settings: where they come from, which one wins, and the policies they become.
//!
//! Every source (the builder, a file, the environment, `configure`) gives [`Settings`], in which everything is optional.
//! [`Sources`] lays the sources of one level over each other, [`Policy`] lays the levels over each other and fills in
//! the defaults. Text becomes a type once, where it is read; nothing below looks at text again.

mod base_url;
mod check;
mod duration;
mod env;
mod file;
mod headers;
mod mistake;
mod near;
mod policy;
mod resolve;
mod secret;
mod service;
mod settings;
mod sources;
mod text;

pub use policy::{Backoff, BreakerPolicy, EnvelopePolicy, RetryPolicy};
pub use service::ServiceConfig;

pub(crate) use base_url::{one_form, parse_base_url, shown_address};
pub(crate) use check::{check_caller_name, check_retries, check_service_name};
#[cfg(any(test, fuzzing))]
pub(crate) use duration::parse_duration;
pub(crate) use duration::{LONGEST, SHORTEST};
pub(crate) use env::{EnvSnapshot, executable_name, url_variable};
pub(crate) use file::FileSettings;
pub(crate) use headers::{Headers, header_value};
pub(crate) use resolve::{Limits, Policy};
pub(crate) use settings::{BreakerSettings, RetrySettings, Settings};
pub(crate) use sources::{ServiceLevel, Sources};

#[cfg(test)]
mod tests {
    use super::duration::{parse_duration, parse_seconds, parse_seconds_or_zero};
    use super::*;

    /// Pieces that parsers look for, so that random text gets far into them.
    const PIECES: [&str; 32] = [
        "a",
        "A_URL",
        "=",
        "'",
        "\"",
        "\\",
        "\n",
        "\r\n",
        " ",
        "#",
        "export ",
        "http://",
        "@",
        ":",
        "/",
        "?",
        ",",
        "[",
        "]",
        "{",
        "}",
        "[services.a]",
        "url",
        "retry",
        "timeout",
        "5s",
        "0",
        ".",
        "-",
        "ü",
        "\u{0}",
        "\u{feff}",
    ];

    #[test]
    fn no_text_makes_a_parser_panic() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut below = |bound: usize| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).expect("31 bits") % bound
        };
        for _ in 0..20_000 {
            let text: String = (0..below(12)).map(|_| PIECES[below(PIECES.len())]).collect();
            let _ = parse_base_url(&text);
            let _ = parse_duration(&text);
            let _ = parse_seconds(&text);
            let _ = parse_seconds_or_zero(&text);
            let _ = EnvSnapshot::from_text(".env", &text);
            let _ = FileSettings::parse("trunkline.toml", &text);
            let environment = EnvSnapshot::from_pairs([("RPC_CLIENT__SERVICES", &text), ("A_URL", &text)]);
            let _ = (environment.client(), environment.service("a"));
        }
    }
}
