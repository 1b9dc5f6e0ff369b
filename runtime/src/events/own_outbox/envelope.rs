//! An event as bytes to be stored.

use std::fmt;
use std::time::SystemTime;

use bytes::Bytes;

use super::super::bus::Outgoing;
use super::super::message::Message;
use super::super::{envelope, format};
use crate::{Error, ErrorKind, Result};

/// An event that is checked, encoded, and ready to be published later: to be stored by the application, in the transaction
/// of what the event tells of.
///
/// Made by [`Publish::envelope`](crate::Publish::envelope). It carries all that the event would carry if it were published
/// at once: its id, its route, the trace around. What is stored is published by an
/// [`OutboxRelay`](crate::OutboxRelay), of this version or a later one.
///
/// ```
/// use serde_json::json;
/// use trunkline::{Client, Envelope};
///
/// # fn main() -> trunkline::Result<()> {
/// let events = Client::builder().build()?.events();
/// let envelope = events.publish_named("order_paid", &json!({ "order": 7 })).id("paid-7").envelope()?;
/// let row: Vec<u8> = envelope.to_bytes();
/// assert_eq!(Envelope::from_bytes(row)?.id(), "paid-7");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Envelope {
    message: Message,
    outgoing: Outgoing,
}

impl Envelope {
    pub(in crate::events) fn new(message: Message, outgoing: Outgoing) -> Self {
        Self { message, outgoing }
    }

    /// The event under these bytes, as [`to_bytes`](Self::to_bytes) has written them.
    ///
    /// # Errors
    /// `Decode` for other bytes.
    pub fn from_bytes(bytes: impl Into<Bytes>) -> Result<Self> {
        let none = || Error::new(ErrorKind::Decode, "the bytes are no stored event of this version");
        let outgoing = envelope::read(&bytes.into()).ok_or_else(none)?;
        let message = format::read(&outgoing.wire).map_err(|_| none())?;
        Ok(Self { message, outgoing })
    }

    /// The event as bytes: about what it has as JSON, and half a KiB.
    pub fn to_bytes(&self) -> Vec<u8> {
        envelope::write(&self.outgoing).into()
    }

    /// The id that it will have for its subscribers.
    pub fn id(&self) -> &str {
        &self.message.id
    }

    /// The event's name.
    pub fn name(&self) -> &str {
        &self.message.name
    }

    pub(super) fn outgoing(&self) -> &Outgoing {
        &self.outgoing
    }

    pub(super) fn has_expired(&self) -> bool {
        let expires_at = self.message.expires_at;
        expires_at.is_some_and(|expired| expired <= SystemTime::now())
    }
}

impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope")
            .field("id", &self.id())
            .field("name", &self.name())
            .finish_non_exhaustive()
    }
}
