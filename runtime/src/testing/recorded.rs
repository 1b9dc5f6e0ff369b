//! A request as a scripted instance received it.

use bytes::Bytes;
use http::{HeaderMap, Method, Uri};
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use crate::{Error, ErrorKind};

/// A request as a scripted instance received it.
///
/// Cheap to clone. Its `Debug` form shows the values of headers: in a test that is what one wants to see.
#[derive(Clone, Debug)]
pub struct Recorded {
    pub(super) at: Instant,
    pub(super) method: Method,
    pub(super) uri: Uri,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) body_len: u64,
}

impl Recorded {
    /// When it had arrived, by tokio's clock: exact in paused time.
    pub fn at(&self) -> Instant {
        self.at
    }

    /// The method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The whole address, as it was sent.
    pub fn uri(&self) -> &Uri {
        &self.uri
    }

    /// The path, encoded as it was sent.
    pub fn path(&self) -> &str {
        self.uri.path()
    }

    /// What follows the `?`, encoded as it was sent.
    pub fn query(&self) -> Option<&str> {
        self.uri.query()
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The first value of this header, where it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body, at most the first MiB of it.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// How many bytes the body had, all of it.
    pub fn body_len(&self) -> u64 {
        self.body_len
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// `Decode` when the body is not such a document.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|error| {
            Error::new(ErrorKind::Decode, format!("the recorded body: {error}")).with_source(error)
        })
    }
}
