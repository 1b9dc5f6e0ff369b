//! The copy of an event that its queue gets back.

use std::sync::Arc;

use super::super::super::Nack;
use super::super::publisher::{Parcel, Publisher};
use super::super::{topology, wire};
use crate::events::letter;
use crate::events::text::Text;
use crate::events::wire::Wire;

/// Publishes a copy to a queue. Where the event fills a frame, what the copy says of failures is cut: refused, it would
/// come again and again, and its ladder would not move on.
pub(super) async fn publish(publisher: &Publisher, key: Text, copy: &Arc<Wire>) -> Result<(), Nack> {
    let frame_max = publisher.link().await?.frame_max();
    let excess = |wire: &Wire| wire::excess(wire, frame_max);
    let lighter = (excess(copy) > 0)
        .then(|| letter::lighter(copy, excess))
        .flatten();
    let parcel = Parcel {
        exchange: topology::QUEUES.into(),
        key,
        wire: lighter.map_or_else(|| Arc::clone(copy), Arc::new),
    };
    publisher.publish(parcel).await
}
