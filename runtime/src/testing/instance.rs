//! One scripted address: its steps, and what it counts.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::Uri;
use url::Url;

use super::{Step, Steps};

/// One scripted address.
#[derive(Debug)]
pub(super) struct Instance {
    /// As it was written.
    pub(super) url: String,
    origin: Option<Origin>,
    turns: Mutex<Turns>,
    pub(super) dials: AtomicUsize,
    pub(super) hits: AtomicUsize,
}

#[derive(Debug)]
struct Turns {
    steps: Steps,
    taken: usize,
}

#[derive(Debug, PartialEq, Eq)]
struct Origin {
    scheme: String,
    host: String,
    port: Option<u16>,
}

impl Instance {
    pub(super) fn new(url: &str, steps: Steps) -> Self {
        Self {
            url: url.to_owned(),
            origin: Origin::parse(url),
            turns: Mutex::new(Turns { steps, taken: 0 }),
            dials: AtomicUsize::new(0),
            hits: AtomicUsize::new(0),
        }
    }

    /// Whether both are the same address; what is no address is the same as what is written the same.
    pub(super) fn is_at(&self, url: &str) -> bool {
        match &self.origin {
            Some(origin) => Origin::parse(url).as_ref() == Some(origin),
            None => self.url == url,
        }
    }

    pub(super) fn serves(&self, uri: &Uri) -> bool {
        self.origin.as_ref().is_some_and(|origin| origin.serves(uri))
    }

    /// Counts a dial and takes the step of this exchange.
    pub(super) fn dial(&self) -> Step {
        self.dials.fetch_add(1, Ordering::Relaxed);
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = turns.taken;
        turns.taken += 1;
        let step = turns.steps.get(taken).cloned();
        step.unwrap_or_else(|| Step::refuse().mistaken("there are no steps".into()))
    }

    pub(super) fn change(&self, steps: Steps) {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        *turns = Turns { steps, taken: 0 };
    }
}

impl Origin {
    fn parse(url: &str) -> Option<Self> {
        let url = Url::parse(url).ok()?;
        Some(Self {
            scheme: url.scheme().to_owned(),
            host: url.host_str()?.to_owned(),
            port: url.port_or_known_default(),
        })
    }

    fn serves(&self, uri: &Uri) -> bool {
        let port = uri.port_u16().or(match uri.scheme_str() {
            Some("http") => Some(80),
            Some("https") => Some(443),
            _ => None,
        });
        uri.scheme_str() == Some(&*self.scheme)
            && uri
                .host()
                .is_some_and(|host| host.eq_ignore_ascii_case(&self.host))
            && port == self.port
    }
}
