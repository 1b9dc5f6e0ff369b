//! Dead letters and what is unrouted: looked at, put back, thrown away.
//!
//! Everything is on a channel that is thrown away: what was only looked at goes back with it, in its place.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use lapin::Channel;
use lapin::message::BasicGetMessage;
use lapin::options::{BasicAckOptions, BasicGetOptions};
use tokio::time::{Instant, sleep, timeout};

use super::super::{Nack, Shelf, Shelved};
use super::burial::{self, Burial};
use super::fault::{Cause, Fault};
use super::link::{Link, answered};
use super::publisher::{CONFIRM, Parcel, Publisher};
use super::{topology, wire};
use crate::events::format::{ATTEMPT, DEAD_REASON, DEAD_TIME, UNROUTED_FROM};
use crate::events::letter;
use crate::events::text::Text;
use crate::events::timestamp;
use crate::events::wire::{Value, Wire};

/// The most events that are held at a time while one is looked for, and the most of their bytes.
const MOST: usize = 10_000;
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// How long what goes back may take.
const BACK: Duration = Duration::from_secs(1);

/// How soon a queue is asked again.
const AGAIN: Duration = Duration::from_millis(20);

/// The queue of a shelf.
fn queue(place: &Shelf) -> Text {
    match place {
        Shelf::Dead(label) => topology::dead(&topology::queue(label)),
        Shelf::Unrouted => topology::UNROUTED.into(),
    }
}

/// The oldest, at most so many.
pub(super) async fn list(link: &Link, place: &Shelf, most: usize) -> Result<Vec<Shelved>, Fault> {
    let mut walk = Walk::open(link, place).await?;
    let mut shelved = Vec::new();
    while shelved.len() < most
        && let Some(letter) = walk.next().await?
    {
        let buried = burial::of(&letter.delivery.properties);
        shelved.push(shelved_of(wire_of(letter).1, buried));
    }
    walk.close(link).await;
    Ok(shelved)
}

/// Throws the events of this id away; says how many.
pub(super) async fn discard(link: &Link, place: &Shelf, id: &str) -> Result<usize, Fault> {
    let mut walk = Walk::open(link, place).await?;
    let mut count = 0;
    while let Some(letter) = walk.next().await? {
        let (tag, wire) = wire_of(letter);
        if is_named(&wire, Some(id)) {
            walk.settle(tag, wire.body.len()).await?;
            count += 1;
        }
    }
    walk.close(link).await;
    Ok(count)
}

/// Puts the events of this id, or all, back where they came from; says how many.
pub(super) async fn replay(
    link: &Link,
    publisher: &Publisher,
    place: &Shelf,
    id: Option<&str>,
) -> Result<usize, Fault> {
    let mut walk = Walk::open(link, place).await?;
    let mut count = 0;
    while let Some(letter) = walk.next().await? {
        let (tag, bytes) = (letter.delivery_tag, letter.data.len());
        let Some(parcel) = parcel_of(letter, place, id) else {
            continue;
        };
        // What is refused stays, and what is not confirmed: it may come twice.
        if let Ok(Ok(())) = timeout(CONFIRM, publisher.publish(parcel)).await {
            walk.settle(tag, bytes).await?;
            count += 1;
        }
    }
    let kept = walk.close(link).await;
    match place {
        Shelf::Dead(_) => Ok(count),
        // What has no queue still is there again.
        Shelf::Unrouted => {
            let depth = depth_from(link, topology::UNROUTED, kept).await?;
            Ok(count.saturating_sub(depth.saturating_sub(kept)))
        }
    }
}

/// The event on its way back to where it came from, unless it has another id.
fn parcel_of(letter: BasicGetMessage, place: &Shelf, id: Option<&str>) -> Option<Parcel> {
    let key = Text::copy(letter.routing_key.as_str());
    let exchange = Text::copy(letter.exchange.as_str());
    let (_, mut wire) = wire_of(letter);
    if !is_named(&wire, id) {
        return None;
    }
    Some(match place {
        Shelf::Dead(label) => Parcel {
            exchange: topology::QUEUES.into(),
            key: topology::queue(label),
            wire: Arc::new(letter::revived(&wire)),
        },
        Shelf::Unrouted => Parcel {
            exchange: unrouted_from(&mut wire).unwrap_or(exchange),
            key,
            wire: Arc::new(wire),
        },
    })
}

/// How many are in a queue, once what was kept is back: the broker returns it a little after its channel has closed.
async fn depth_from(link: &Link, queue: &str, kept: usize) -> Result<usize, Fault> {
    let deadline = Instant::now() + BACK;
    loop {
        let depth = depth(link, queue).await?;
        // Somebody else may take from there too.
        if depth >= kept || Instant::now() >= deadline {
            return Ok(depth);
        }
        sleep(AGAIN).await;
    }
}

/// How many events wait in a queue; 0 where there is none.
pub(super) async fn depth(link: &Link, queue: &str) -> Result<usize, Fault> {
    let channel = link.channel().await?;
    let options = lapin::options::QueueDeclareOptions {
        passive: true,
        ..lapin::options::QueueDeclareOptions::default()
    };
    let name = short(queue)?;
    let looked = channel.queue_declare(name, options, lapin::types::FieldTable::default());
    match answered(queue, looked).await {
        Ok(queue) => Ok(usize::try_from(queue.message_count()).unwrap_or(usize::MAX)),
        Err(fault) if fault.cause == Cause::Missing => Ok(0),
        Err(fault) => Err(fault),
    }
}

/// From the oldest event of a queue to the youngest that was there at the beginning.
struct Walk {
    channel: Channel,
    queue: Text,
    /// Unknown before the first.
    left: Option<usize>,
    bytes: usize,
    kept: usize,
}

impl Walk {
    async fn open(link: &Link, place: &Shelf) -> Result<Self, Fault> {
        Ok(Self {
            channel: link.channel().await?,
            queue: queue(place),
            left: None,
            bytes: 0,
            kept: 0,
        })
    }

    /// The next one; `None` at the end, and where more would have to be held than is allowed.
    async fn next(&mut self) -> Result<Option<BasicGetMessage>, Fault> {
        if self.left == Some(0) || self.kept >= MOST || self.bytes >= MOST_BYTES {
            return Ok(None);
        }
        let got = self
            .channel
            .basic_get(short(&self.queue)?, BasicGetOptions::default());
        let got = match answered(&self.queue, got).await {
            // No such queue: nothing was ever put there.
            Err(fault) if fault.cause == Cause::Missing && self.left.is_none() => None,
            got => got?,
        };
        let Some(letter) = got else { return Ok(None) };
        let behind = usize::try_from(letter.message_count).unwrap_or(usize::MAX);
        self.left = Some(self.left.map_or(behind, |left| left - 1));
        self.kept += 1;
        self.bytes += letter.data.len();
        Ok(Some(letter))
    }

    async fn settle(&mut self, tag: u64, bytes: usize) -> Result<(), Fault> {
        self.kept -= 1;
        self.bytes -= bytes;
        let settled = self.channel.basic_ack(tag, BasicAckOptions::default());
        answered(&self.queue, settled).await
    }

    /// Returns what was kept, and waits until it is back: whoever looks again finds it. Says how many these were with those
    /// that were not looked at.
    ///
    /// As well as it can: what was asked for is done, and a connection that is lost now gives back what was kept too.
    async fn close(self, link: &Link) -> usize {
        let closed = self.channel.close(200, "OK".into());
        // The channel of a queue that is not there is closed already.
        let _ = answered(&self.queue, closed).await;
        let kept = self.kept + self.left.unwrap_or(0);
        if self.kept > 0 {
            let _ = depth_from(link, &self.queue, kept).await;
        }
        kept
    }
}

fn wire_of(letter: BasicGetMessage) -> (u64, Wire) {
    let delivery = letter.delivery;
    (
        delivery.delivery_tag,
        wire::read(&delivery.properties, delivery.data),
    )
}

fn is_named(wire: &Wire, id: Option<&str>) -> bool {
    id.is_none_or(|id| letter::id(wire).as_str() == id)
}

/// The exchange that had no queue for it, where that is not the one that it came over.
fn unrouted_from(wire: &mut Wire) -> Option<Text> {
    let from = wire.headers.text(UNROUTED_FROM).cloned();
    wire.headers.remove(UNROUTED_FROM);
    from
}

fn shelved_of(mut wire: Wire, buried: Option<Burial>) -> Shelved {
    let mut since = wire
        .headers
        .text(DEAD_TIME)
        .and_then(|text| timestamp::read(text));
    if wire.headers.get(DEAD_REASON).is_none()
        && let Some(Burial { reason, time }) = buried
    {
        let said = Text::format(format_args!("the broker gave up: {reason}"));
        wire.headers.set(DEAD_REASON, Value::Text(said));
        // It says which attempt was to come.
        let coming = wire.headers.number(ATTEMPT).unwrap_or(1);
        wire.headers.set(ATTEMPT, Value::Number(coming.saturating_sub(1)));
        since = time;
    }
    let published = wire.properties.timestamp.map(Duration::from_secs);
    let published = published.and_then(|since| SystemTime::UNIX_EPOCH.checked_add(since));
    Shelved {
        since: since.or(published).unwrap_or_else(SystemTime::now),
        wire: Arc::new(wire),
    }
}

fn short(queue: &str) -> Result<lapin::types::ShortString, Fault> {
    wire::short("queue", queue).map_err(|nack: Nack| Fault::new(Cause::Conflict, nack.reason))
}
