//! Where does a redirect lead, and may it be followed?

use http::header::LOCATION;
use http::{Method, StatusCode, Uri};
use url::Url;

use crate::transport::Incoming;
use crate::{Error, ErrorKind};

/// The way of one attempt through its redirects.
pub(crate) struct Redirects<'a> {
    method: &'a Method,
    /// Where a redirect has led to; `None` as long as there was none.
    url: Option<Box<Url>>,
    left_origin: bool,
    left: u32,
    allowed: u32,
}

/// What to do with a response.
pub(crate) enum Redirect {
    /// It is the answer.
    Stay,
    /// Ask again, at this address.
    Follow(Uri),
    /// It leads on, but not any further.
    TooMany(Error),
}

impl<'a> Redirects<'a> {
    pub(crate) fn new(method: &'a Method, allowed: u32) -> Self {
        Self {
            method,
            url: None,
            left_origin: false,
            left: allowed,
            allowed,
        }
    }

    pub(crate) fn method(&self) -> &Method {
        self.method
    }

    /// Whether another server had a say in where this leads: no credential goes there, and not back to the first
    /// server either, to a path that the other one chose.
    pub(crate) fn left_origin(&self) -> bool {
        self.left_origin
    }

    /// Follows GET and HEAD on 301, 302, 303, 307 and 308; other methods on 307 and 308, with a body that can be
    /// sent again. Anything else is the answer. `start` is where the first request went: few calls need to know.
    pub(crate) fn next(
        &mut self,
        incoming: &Incoming,
        replayable: bool,
        start: impl FnOnce() -> Option<Uri>,
    ) -> Redirect {
        if self.allowed == 0 || !self.may_follow(incoming.status, replayable) {
            return Redirect::Stay;
        }
        let begun = || Url::parse(&start()?.to_string()).ok().map(Box::new);
        let Some(here) = self.url.take().or_else(begun) else {
            return Redirect::Stay;
        };
        let Some((target, uri)) = target(&here, incoming) else {
            return Redirect::Stay;
        };
        if self.left == 0 {
            let message = format!(
                "redirected more than {} times, at last to {}",
                self.allowed,
                origin(&target)
            );
            return Redirect::TooMany(
                Error::new(ErrorKind::Transport, message).with_status(incoming.status.as_u16()),
            );
        }
        self.left -= 1;
        self.left_origin |= target.origin() != here.origin();
        self.url = Some(Box::new(target));
        Redirect::Follow(uri)
    }

    fn may_follow(&self, status: StatusCode, replayable: bool) -> bool {
        match status.as_u16() {
            301..=303 => replayable && matches!(*self.method, Method::GET | Method::HEAD),
            307 | 308 => replayable,
            _ => false,
        }
    }
}

/// Where a response leads, without a user and a password: they are the server's idea, not the caller's.
fn target(here: &Url, incoming: &Incoming) -> Option<(Url, Uri)> {
    let location = incoming.headers.get(LOCATION)?;
    let mut target = here.join(std::str::from_utf8(location.as_bytes()).ok()?).ok()?;
    if !matches!(target.scheme(), "http" | "https") {
        return None;
    }
    target.set_username("").ok()?;
    target.set_password(None).ok()?;
    let uri = target.as_str().parse().ok()?;
    Some((target, uri))
}

/// The server of an address, without a path or a password.
fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}
