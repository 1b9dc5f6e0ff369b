//! What the attributes on a trait or a method say, as constants.

use crate::config::Backoff;

/// What the attributes on a trait or a method say; `None` where they say nothing.
#[derive(Clone, Copy, Debug)]
pub struct Attributes {
    pub(crate) headers: &'static [(&'static str, &'static str)],
    pub(crate) timeout: Option<u64>,
    pub(crate) attempt_timeout: Option<u64>,
    pub(crate) retry: RetryAttribute,
    pub(crate) breaker_off: bool,
    pub(crate) idempotent: Option<&'static str>,
    pub(crate) none_on: &'static [u16],
    pub(crate) envelope: EnvelopeAttribute,
}

/// What `retry(…)` says; times in milliseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RetryAttribute {
    pub(crate) off: bool,
    pub(crate) times: Option<u32>,
    pub(crate) backoff: Option<Backoff>,
    pub(crate) delay: Option<u64>,
    pub(crate) max_delay: Option<u64>,
    pub(crate) on: &'static [u16],
}

/// What `envelope` says.
#[derive(Clone, Copy, Debug)]
pub(crate) enum EnvelopeAttribute {
    Unsaid,
    Off,
    On(EnvelopeKeys),
}

/// The keys of `envelope(data = …, code = …, message = …, ok = […])`; the codes as their text.
#[derive(Clone, Copy, Debug)]
#[expect(
    missing_docs,
    reason = "the macro's business alone; the fields are the words of the attribute"
)]
pub struct EnvelopeKeys {
    pub data: Option<&'static str>,
    pub code: Option<&'static str>,
    pub message: Option<&'static str>,
    pub ok: Option<&'static [&'static str]>,
}

#[expect(
    missing_docs,
    reason = "one method an attribute, by its name; the macro's reference documents them"
)]
impl Attributes {
    pub const fn new() -> Self {
        Self {
            headers: &[],
            timeout: None,
            attempt_timeout: None,
            retry: RetryAttribute {
                off: false,
                times: None,
                backoff: None,
                delay: None,
                max_delay: None,
                on: &[],
            },
            breaker_off: false,
            idempotent: None,
            none_on: &[],
            envelope: EnvelopeAttribute::Unsaid,
        }
    }

    pub const fn headers(mut self, headers: &'static [(&'static str, &'static str)]) -> Self {
        self.headers = headers;
        self
    }

    pub const fn timeout(mut self, milliseconds: u64) -> Self {
        self.timeout = Some(milliseconds);
        self
    }

    pub const fn attempt_timeout(mut self, milliseconds: u64) -> Self {
        self.attempt_timeout = Some(milliseconds);
        self
    }

    pub const fn retry_off(mut self) -> Self {
        self.retry.off = true;
        self
    }

    pub const fn retry_times(mut self, times: u32) -> Self {
        self.retry.times = Some(times);
        self
    }

    pub const fn retry_backoff(mut self, backoff: Backoff) -> Self {
        self.retry.backoff = Some(backoff);
        self
    }

    pub const fn retry_delay(mut self, milliseconds: u64) -> Self {
        self.retry.delay = Some(milliseconds);
        self
    }

    pub const fn retry_max_delay(mut self, milliseconds: u64) -> Self {
        self.retry.max_delay = Some(milliseconds);
        self
    }

    pub const fn retry_on(mut self, statuses: &'static [u16]) -> Self {
        self.retry.on = statuses;
        self
    }

    pub const fn breaker_off(mut self) -> Self {
        self.breaker_off = true;
        self
    }

    pub const fn idempotent(mut self, header: &'static str) -> Self {
        self.idempotent = Some(header);
        self
    }

    pub const fn none_on(mut self, statuses: &'static [u16]) -> Self {
        self.none_on = statuses;
        self
    }

    pub const fn envelope(mut self) -> Self {
        self.envelope = EnvelopeAttribute::On(EnvelopeKeys {
            data: None,
            code: None,
            message: None,
            ok: None,
        });
        self
    }

    pub const fn envelope_custom(mut self, keys: EnvelopeKeys) -> Self {
        self.envelope = EnvelopeAttribute::On(keys);
        self
    }

    pub const fn envelope_off(mut self) -> Self {
        self.envelope = EnvelopeAttribute::Off;
        self
    }
}

impl Default for Attributes {
    fn default() -> Self {
        Self::new()
    }
}
