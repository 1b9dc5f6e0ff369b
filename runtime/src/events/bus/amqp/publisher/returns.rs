//! Events that came back for want of a queue, and what they are kept as.
//!
//! Lapin hands what came back over with the next confirm, whichever that is. So it is known by its own id and key, and an
//! event counts as delivered only once nothing of it can be on its way back.

use std::sync::Arc;

use lapin::message::BasicReturnMessage;

use super::super::topology;
use super::Parcel;
use crate::events::format::UNROUTED_FROM;
use crate::events::text::Text;
use crate::events::wire::{Value, Wire};

/// What came back and was not matched with its publish.
#[derive(Default)]
pub(super) struct Returns(Vec<(Option<Text>, Text)>);

impl Returns {
    pub(super) fn add(&mut self, message: &BasicReturnMessage) {
        let id = message.properties.message_id().as_ref();
        let id = id.map(|id| Text::copy(id.as_str()));
        self.0.push((id, Text::copy(message.routing_key.as_str())));
    }

    /// Whether nothing comes back any more of what is confirmed. With each confirm lapin hands over the first of those that
    /// wait, and the broker sends each just ahead of its confirm: for one that waits behind its own confirm, another was
    /// handed over ahead of its own, and is in here until then.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the event of this id and routing key came back; asked once.
    pub(super) fn take(&mut self, id: Option<&Text>, key: &Text) -> bool {
        let is_it = |known: &(Option<Text>, Text)| known.0.as_ref() == id && known.1 == *key;
        let found = self.0.iter().position(is_it);
        found.map(|place| self.0.swap_remove(place)).is_some()
    }
}

/// Whether a message that came with a confirm is the one that is confirmed.
pub(super) fn is_its_own(message: &BasicReturnMessage, parcel: &Parcel) -> bool {
    let mut one = Returns::default();
    one.add(message);
    one.take(parcel.id(), &parcel.key)
}

/// The same event, to where what is unrouted is kept.
pub(super) fn unrouted(parcel: &Parcel) -> Parcel {
    let mut wire = Wire::clone(&parcel.wire);
    wire.headers
        .set(UNROUTED_FROM, Value::Text(parcel.exchange.clone()));
    Parcel {
        exchange: topology::UNROUTED.into(),
        key: parcel.key.clone(),
        wire: Arc::new(wire),
    }
}
