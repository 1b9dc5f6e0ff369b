//! A reply as bytes.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};
use serde::de::DeserializeOwned;

use super::envelope::Envelope;
use super::{FromReply, Reply, charset, decode};
use crate::{Body, EnvelopePolicy, Error};

/// The bytes of a reply with their content type, unread.
///
/// ```
/// use trunkline::Raw;
///
/// let raw = Raw::new(&b"\x89PNG"[..], Some("image/png"));
/// assert_eq!(raw.content_type(), Some("image/png"));
/// assert_eq!(raw.bytes().len(), 4);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Raw {
    bytes: Bytes,
    content_type: Option<HeaderValue>,
}

impl Raw {
    /// Bytes with a content type, as a fake or a test makes them; one that is not legal in a header is left out.
    pub fn new(bytes: impl Into<Bytes>, content_type: Option<&str>) -> Self {
        Self {
            bytes: bytes.into(),
            content_type: content_type.and_then(|value| HeaderValue::from_str(value).ok()),
        }
    }

    /// The bytes.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The bytes alone.
    pub fn into_bytes(self) -> Bytes {
        self.bytes
    }

    /// The content type, where the reply has a readable one: `image/png`.
    pub fn content_type(&self) -> Option<&str> {
        self.content_type.as_ref()?.to_str().ok()
    }

    fn read(body: Body, headers: &HeaderMap) -> Result<Self, Error> {
        Ok(Self {
            bytes: decode::bytes(body)?,
            content_type: headers.get(CONTENT_TYPE).cloned(),
        })
    }
}

impl FromReply for Raw {
    fn from_reply(mut reply: Reply<Body>) -> Result<Self, Error> {
        Self::read(reply.take_body(), &reply.headers)
    }

    fn with_head(mut reply: Reply<Body>) -> Result<Reply<Self>, Error> {
        let raw = Self::read(reply.take_body(), &reply.headers)?;
        Ok(reply.map(|_| raw))
    }
}

impl Reply<Raw> {
    /// The whole body as JSON; an empty body reads as `null`.
    ///
    /// # Errors
    /// `Decode`, naming the path inside the document, when the body is not such a document.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        decode::value(&self.origin(), None)
    }

    /// The value inside the envelope: its `data`, or the whole body where it has none.
    ///
    /// Where the service is not configured to have envelopes, both known shapes are understood, and a body that is none is the value.
    ///
    /// # Errors
    /// `Decode` as [`json`](Self::json); `Business` when the envelope says that the call failed.
    pub fn data<T: DeserializeOwned>(&self) -> Result<T, Error> {
        if let Some(envelope) = self.envelope.as_deref() {
            return decode::value(&self.origin(), Some(envelope));
        }
        match Envelope::read(
            &EnvelopePolicy::default(),
            self.status,
            &self.headers,
            self.bytes(),
        ) {
            Some(envelope) if envelope.failed => Err(envelope.into_error(self.status, self.bytes())),
            envelope => decode::value(&self.origin(), envelope.as_ref()),
        }
    }

    /// The bytes of the body.
    pub fn bytes(&self) -> &Bytes {
        &self.value.bytes
    }

    /// The body as text, by its charset.
    ///
    /// # Errors
    /// `Decode`, naming the charset, when the body is not text of it.
    pub fn text(&self) -> Result<String, Error> {
        charset::text(&self.headers, self.value.bytes.clone()).map_err(|fault| self.origin().error(&fault))
    }

    fn origin(&self) -> decode::Origin<'_> {
        decode::Origin {
            status: self.status,
            headers: &self.headers,
            body: &self.value.bytes,
        }
    }
}
