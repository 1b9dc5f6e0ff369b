//! The two ways in which messaging services of family A take an event.

use bytes::Bytes;

use super::super::super::format;
use super::super::super::message::Message;
use super::super::super::text::Text;
use super::super::super::topology::Route;

/// How the messaging service behind `http:` takes an event.
///
/// Set by [`ClientBuilder::messaging_dialect`](crate::ClientBuilder::messaging_dialect), or by the address:
/// `http://messaging:8000?dialect=v1`.
///
/// ```
/// use trunkline::{Client, MessagingDialect};
///
/// # fn main() -> trunkline::Result<()> {
/// let client = Client::builder()
///     .events("http://messaging:8000")
///     .messaging_dialect(MessagingDialect::V1)
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MessagingDialect {
    /// `POST /api/events/publish` with `event_type` and priorities by name; accepted is 200. `plain` in an address.
    #[default]
    Plain,
    /// `POST /api/v1/events/publish` with `type`, priorities from 1 to 4 and a routing key; accepted is 200 with a JSON
    /// object whose `success` is not false. `v1` in an address.
    V1,
}

impl MessagingDialect {
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "plain" => Some(Self::Plain),
            "v1" => Some(Self::V1),
            _ => None,
        }
    }

    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Plain => "/api/events/publish",
            Self::V1 => "/api/v1/events/publish",
        }
    }

    /// The body of the request; `None` for a routing key of the publisher's own where the dialect has no place for one.
    pub(super) fn write(self, message: &Message, route: &Route) -> Option<Bytes> {
        match (self, route) {
            (Self::Plain, Route::Address { .. }) => Some(format::write_plain(message)),
            (Self::Plain, Route::Key(_)) => None,
            (Self::V1, route) => Some(format::write_v1(message, &routing_key(route))),
        }
    }

    /// Whether a body of this kind proves that the event was taken.
    pub(super) fn is_proof(self, body: Option<&serde_json::Value>) -> bool {
        match self {
            Self::Plain => true,
            Self::V1 => body.is_some_and(serde_json::Value::is_object),
        }
    }
}

/// As family A has it on its exchange: `{source_service}.{event_type}`.
fn routing_key(route: &Route) -> Text {
    match route {
        Route::Key(key) => key.clone(),
        Route::Address { source, name, .. } => Text::format(format_args!("{source}.{name}")),
    }
}
