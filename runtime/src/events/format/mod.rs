//! How an event is written: three formats, each read whatever ours is.

mod base64;
mod cloudevents;
mod common;
mod family;
mod family_a;
mod family_b;
mod json_object;
mod messaging;
mod structured;
#[cfg(test)]
mod tests;

use std::fmt;

use super::message::Message;
use super::wire::Wire;

pub(crate) use self::common::{ATTEMPT, DEAD_REASON, FIRST_FAILURE, FIRST_FAILURE_TIME, is_reserved};
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
    /// A JSON object with `type`, `source_service`, `target_service` and `data`.
    FamilyA,
    /// A JSON object with `event_name`, `metadata` and `data`.
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

impl EventFormat {
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
