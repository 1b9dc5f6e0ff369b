//! Where does a redirect lead, and may it be followed?

use http::header::LOCATION;
use http::{Method, StatusCode};
use url::Url;

use crate::transport::Incoming;
use crate::{Error, ErrorKind};

/// The way of one attempt through its redirects.
pub(crate) struct Redirects {
    method: Method,
    url: Url,
    first: Option<Url>,
    left: u32,
    allowed: u32,
}

/// What to do with a response.
pub(crate) enum Redirect {
    /// It is the answer.
    Stay,
    /// Ask again, at the new address.
    Follow,
    /// It leads on, but not any further.
    TooMany(Error),
}

impl Redirects {
    pub(crate) fn new(method: Method, url: Url, allowed: u32) -> Self {
        Self {
            method,
            url,
            first: None,
            left: allowed,
            allowed,
        }
    }

    pub(crate) fn method(&self) -> &Method {
        &self.method
    }

    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    /// Whether the current address is another server's than the first one: no credential may go there.
    pub(crate) fn left_origin(&self) -> bool {
        self.first
            .as_ref()
            .is_some_and(|first| first.origin() != self.url.origin())
    }

    /// Follows GET and HEAD on 301, 302, 303, 307 and 308; other methods on 307 and 308, with a body that can be
    /// sent again. Anything else is the answer.
    pub(crate) fn next(&mut self, incoming: &Incoming, replayable: bool) -> Redirect {
        if self.allowed == 0 || !self.may_follow(incoming.status, replayable) {
            return Redirect::Stay;
        }
        let Some(target) = self.target(incoming) else {
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
        let left_behind = std::mem::replace(&mut self.url, target);
        self.first.get_or_insert(left_behind);
        Redirect::Follow
    }

    fn may_follow(&self, status: StatusCode, replayable: bool) -> bool {
        match status.as_u16() {
            301..=303 => self.method == Method::GET || self.method == Method::HEAD,
            307 | 308 => replayable,
            _ => false,
        }
    }

    fn target(&self, incoming: &Incoming) -> Option<Url> {
        let location = incoming.headers.get(LOCATION)?;
        let target = self
            .url
            .join(std::str::from_utf8(location.as_bytes()).ok()?)
            .ok()?;
        matches!(target.scheme(), "http" | "https").then_some(target)
    }
}

/// The server of an address, without a path or a password.
fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}
