//! How an event is written: three formats, each read whatever ours is.

mod base64;
mod cloudevents;
mod common;
mod end;
mod family;
mod family_a;
mod family_b;
mod json_object;
mod members;
mod messaging;
mod structured;
#[cfg(test)]
mod tests;

use std::fmt;

#[cfg(feature = "amqp")]
use super::Priority;
use super::message::Message;
use super::wire::Wire;

#[cfg(feature = "amqp")]
pub(crate) use self::common::UNROUTED_FROM;
pub(crate) use self::common::{
    ATTEMPT, DEAD_REASON, DEAD_TIME, FIRST_FAILURE, FIRST_FAILURE_TIME, is_of_brokers, is_reserved, trace_id,
    traceparent,
};
pub(crate) use self::end::without_end;
pub(crate) use self::json_object::{JsonObject, write_text};
pub(crate) use self::members::{Members, text};
pub(crate) use self::messaging::{write_plain, write_v1};

/// The format in which events are published; every one is read.
///
/// ```
/// use trunkline::{Client, EventFormat};
///
/// # fn main() -> trunkline::Result<()> {
/// let client = Client::builder().event_format(EventFormat::FamilyA).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventFormat {
    /// `CloudEvents` 1.0 in binary mode: the event is the body, all else is in headers.
    #[default]
    CloudEvents,
    /// A JSON object with `type`, `source_service`, `target_service` and `data`. On a broker its queues are the classic
    /// ones of its own services, without a limit of deliveries: a handler that kills its process gets the event again.
    ///
    /// Its exchange knows no targets. An event for a service that has never been started is lost, though confirmed, where
    /// another service binds its name: that one gets it and lets it go, and counts it as
    /// [`skipped`](crate::QueueMetrics::skipped). Only the service itself knows what its queue is named by, the key that it
    /// binds; a queue that is made for it under another name would fill, and nobody would take from it. So such a service
    /// has to be started once before events are sent to it. Without any queue the event is kept as unrouted.
    FamilyA,
    /// A JSON object with `event_name`, `metadata` and `data`. On a broker its queues are classic as well, and all groups
    /// that handle an event share one: each event goes to one of them, whatever its target.
    FamilyB,
}

/// Why bytes are not an event.
#[derive(Debug)]
pub(crate) struct Unreadable(String);

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether what is read as the target is one: an object of a family names the service that it is for, and goes to all
/// who have bound its name. The subject of a `CloudEvent` of somebody else's may be anything.
pub(crate) fn is_of_family(wire: &Wire) -> bool {
    cloudevents::prefix(wire).is_none() && !structured::is_one(&common::read(wire))
}

impl EventFormat {
    /// What a native priority says: the families have four of them, from 1.
    #[cfg(feature = "amqp")]
    pub(crate) fn priority(self, native: u8) -> Priority {
        match self {
            Self::CloudEvents => Priority::from_native(native),
            Self::FamilyA | Self::FamilyB => Priority::from_number(native.into()).unwrap_or_default(),
        }
    }

    pub(crate) fn write(self, message: &Message) -> Wire {
        match self {
            Self::CloudEvents => cloudevents::write(message),
            Self::FamilyA => family_a::write(message),
            Self::FamilyB => family_b::write(message),
        }
    }
}

/// Reads an event in any format: the content type tells the structured one, a header the binary one, the keys of the
/// body a family's; what is none of these is a plain message named by its property `type`.
pub(crate) fn read(wire: &Wire) -> Result<Message, Unreadable> {
    let mut message = common::read(wire);
    if structured::is_one(&message) {
        message = structured::read(message)?;
    } else if let Some(prefix) = cloudevents::prefix(wire) {
        cloudevents::read(&mut message, wire, prefix);
    } else {
        message = family::read(message);
    }
    if message.name.is_empty() {
        return Err(Unreadable(
            "the message does not say which event it is".to_owned(),
        ));
    }
    Ok(message)
}
