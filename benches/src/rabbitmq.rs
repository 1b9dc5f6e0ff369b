//! Events over `RabbitMQ`: lapin by hand, and trunkline.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicGetOptions, BasicPublishOptions, BasicQosOptions,
    ConfirmSelectOptions, QueueDeclareOptions, QueuePurgeOptions,
};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use trunkline::{Client, Delivery, Events, HandlerError};

use crate::Result;
use crate::events::Paid;

const RAW: &str = "trunkline.bench.raw";
const GROUP: &str = "shipping";
const QUEUE: &str = "trunkline.q.shipping";
/// A port that nobody listens on.
const NOWHERE: &str = "amqp://guest:guest@127.0.0.1:1/%2f";
const BATCH: usize = 64;
const PREFETCH: u16 = 256;
/// Publishers that wait for their confirms at the same time.
const PUBLISHERS: usize = 512;
/// Those that write into the outbox.
const PRODUCERS: usize = 64;
const POLL: Duration = Duration::from_millis(2);

/// lapin as a careful user writes it: one channel, confirms, batches.
#[derive(Debug)]
pub struct Raw {
    connection: Connection,
    channel: Channel,
    body: Vec<u8>,
    like_ours: LikeOurs,
}

/// What an event of trunkline's has, and where it went.
#[derive(Debug, Default)]
struct LikeOurs {
    properties: BasicProperties,
    exchange: ShortString,
    key: ShortString,
}

impl LikeOurs {
    /// As aio-pika is told of it.
    fn to_json(&self) -> serde_json::Value {
        let text = |text: &Option<ShortString>| text.as_ref().map(|text| text.as_str().to_owned());
        let table = self.properties.headers().iter().flat_map(FieldTable::inner);
        let headers: serde_json::Map<_, _> = table
            .map(|(name, value)| (name.as_str().to_owned(), header(value)))
            .collect();
        let properties = &self.properties;
        serde_json::json!({
            "exchange": self.exchange.as_str(),
            "key": self.key.as_str(),
            "properties": {
                "message_id": text(properties.message_id()),
                "type": text(properties.kind()),
                "app_id": text(properties.app_id()),
                "content_type": text(properties.content_type()),
                "priority": *properties.priority(),
                "timestamp": *properties.timestamp(),
            },
            "headers": headers,
        })
    }
}

/// trunkline's are texts and numbers.
fn header(value: &AMQPValue) -> serde_json::Value {
    match value {
        AMQPValue::LongString(text) => String::from_utf8_lossy(text.as_bytes()).into(),
        AMQPValue::LongLongInt(number) => (*number).into(),
        _ => serde_json::Value::Null,
    }
}

/// How what was taken is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Each by itself.
    Each,
    /// All up to every 64th.
    Grouped,
}

impl Raw {
    /// Connects and makes an empty quorum queue.
    ///
    /// # Errors
    /// When the broker does not answer.
    pub async fn connect(url: &str) -> Result<Self> {
        let connection = Connection::connect(url, ConnectionProperties::default()).await?;
        let channel = connection.create_channel().await?;
        let mut arguments = FieldTable::default();
        arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
        let options = QueueDeclareOptions {
            durable: true,
            ..QueueDeclareOptions::default()
        };
        channel.queue_declare(RAW.into(), options, arguments).await?;
        channel
            .queue_purge(RAW.into(), QueuePurgeOptions::default())
            .await?;
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        let body = crate::events::encode(&Paid::example(), 0);
        Ok(Self {
            connection,
            channel,
            body,
            like_ours: LikeOurs::default(),
        })
    }

    /// Looks at an event of trunkline's, so that others of the same size can be published, and on the same way.
    ///
    /// # Errors
    /// When the broker refuses.
    pub async fn learn(&mut self, ours: &Ours) -> Result<()> {
        ours.publish(1).await?;
        let options = BasicGetOptions { no_ack: true };
        let got = self.channel.basic_get(QUEUE.into(), options).await?;
        let delivery = got.ok_or("nothing was published")?.delivery;
        self.like_ours = LikeOurs {
            properties: delivery.properties,
            exchange: delivery.exchange,
            key: delivery.routing_key,
        };
        Ok(())
    }

    /// Publishes so many, each confirmed, straight to a queue and with no more properties than it takes to be kept.
    ///
    /// # Errors
    /// When one is not confirmed.
    pub async fn publish(&self, count: usize) -> Result<()> {
        let bare = BasicProperties::default().with_delivery_mode(2);
        self.publish_all(count, ["", RAW], &bare).await
    }

    /// Publishes so many, each confirmed, that are for the broker what trunkline's are: with the same properties and headers,
    /// to the same exchange and queue, which is emptied afterwards. How long it took.
    ///
    /// # Errors
    /// When one is not confirmed.
    pub async fn publish_like_ours(&self, count: usize) -> Result<Duration> {
        let LikeOurs {
            properties,
            exchange,
            key,
        } = &self.like_ours;
        let since = Instant::now();
        self.publish_all(count, [exchange.as_str(), key.as_str()], properties)
            .await?;
        let took = since.elapsed();
        self.empty_ours().await?;
        Ok(took)
    }

    /// Empties trunkline's queue of events that all have one id: whoever takes them handles one.
    async fn empty_ours(&self) -> Result<()> {
        self.channel
            .queue_purge(QUEUE.into(), QueuePurgeOptions::default())
            .await?;
        Ok(())
    }

    /// Empties the queue, and fills it with so many that have the properties and the headers of trunkline's.
    ///
    /// # Errors
    /// When one is not confirmed.
    pub async fn fill(&self, count: usize) -> Result<()> {
        self.channel
            .queue_purge(RAW.into(), QueuePurgeOptions::default())
            .await?;
        self.publish_all(count, ["", RAW], &self.like_ours.properties)
            .await
    }

    async fn publish_all(
        &self,
        count: usize,
        [exchange, key]: [&str; 2],
        properties: &BasicProperties,
    ) -> Result<()> {
        let mut left = count;
        while left > 0 {
            let batch = left.min(BATCH);
            let mut confirms = Vec::with_capacity(batch);
            for _ in 0..batch {
                let properties = properties.clone();
                let options = BasicPublishOptions::default();
                let sent =
                    self.channel
                        .basic_publish(exchange.into(), key.into(), options, &self.body, properties);
                confirms.push(sent.await?);
            }
            for confirm in confirms {
                if !matches!(confirm.await?, Confirmation::Ack(_)) {
                    return Err("not confirmed".into());
                }
            }
            left -= batch;
        }
        Ok(())
    }

    /// Takes so many and acknowledges them; how long it took from the first on.
    ///
    /// # Errors
    /// When the stream ends.
    pub async fn take(&self, count: usize, told: Told) -> Result<Duration> {
        let channel = self.connection.create_channel().await?;
        channel.basic_qos(PREFETCH, BasicQosOptions::default()).await?;
        let options = BasicConsumeOptions::default();
        let mut consumer = channel
            .basic_consume(RAW.into(), "".into(), options, FieldTable::default())
            .await?;
        let mut since = None;
        for number in 1..=count {
            let delivery = consumer.next().await.ok_or("the stream ended")??;
            since.get_or_insert_with(Instant::now);
            let multiple = told == Told::Grouped;
            if !multiple || number % BATCH == 0 || number == count {
                delivery.ack(BasicAckOptions { multiple }).await?;
            }
        }
        channel.close(200, "OK".into()).await?;
        Ok(since.map(|since| since.elapsed()).unwrap_or_default())
    }
}

/// trunkline with its defaults, and a handler that does nothing.
#[derive(Debug)]
pub struct Ours {
    client: Client,
    events: Events,
    event: Arc<Paid>,
}

impl Ours {
    /// Connects and makes the queue of the group.
    ///
    /// # Errors
    /// When the broker does not answer.
    pub async fn connect(url: &str) -> Result<Self> {
        let client = Client::builder().name("bench").events(url).build()?;
        let ours = Self {
            events: client.events(),
            client,
            event: Arc::new(Paid::example()),
        };
        ours.publish(1).await?;
        ours.take(1).await?;
        Ok(ours)
    }

    /// Publishes so many, each confirmed.
    ///
    /// # Errors
    /// When one is not confirmed.
    pub async fn publish(&self, count: usize) -> Result<()> {
        publish(&self.events, &self.event, PUBLISHERS, count).await
    }

    /// Takes so many, handles and acknowledges them; how long it took from the first on.
    ///
    /// # Errors
    /// When the queue cannot be taken from.
    pub async fn take(&self, count: usize) -> Result<Duration> {
        let handled = Arc::new(Semaphore::new(0));
        let counter = Arc::clone(&handled);
        let handle = move |_: Delivery<Paid>| {
            counter.add_permits(1);
            async { Ok::<(), HandlerError>(()) }
        };
        let subscribe = self.events.subscribe(GROUP).on(handle).prefetch(PREFETCH.into());
        let worker = subscribe.start().await?;
        handled.acquire().await?.forget();
        let since = Instant::now();
        let _others = handled.acquire_many(u32::try_from(count - 1)?).await?;
        worker.shutdown(Duration::from_secs(30)).await?;
        Ok(since.elapsed())
    }

    /// Closes the connections.
    pub async fn close(self, grace: Duration) {
        self.client.shutdown(grace).await;
    }
}

/// Publishes so many by so many producers.
async fn publish(events: &Events, event: &Arc<Paid>, producers: usize, count: usize) -> Result<()> {
    let mut publishers = JoinSet::new();
    for publisher in 0..producers {
        let (events, event) = (events.clone(), Arc::clone(event));
        let share = (count + publisher) / producers;
        publishers.spawn(async move {
            for _ in 0..share {
                events.publish(&*event).await?;
            }
            Ok::<(), trunkline::Error>(())
        });
    }
    while let Some(ended) = publishers.join_next().await {
        ended??;
    }
    Ok(())
}

/// Publishes so many through an outbox in this folder, 64 producers at a time; how long it took until the broker had
/// confirmed the last.
///
/// # Errors
/// When one is refused.
pub async fn relay(url: &str, folder: &Path, count: usize) -> Result<Duration> {
    let client = Client::builder()
        .name("bench")
        .events(url)
        .outbox(folder)
        .build()?;
    let events = client.events();
    let event = Arc::new(Paid::example());
    // The connection and the queues.
    publish(&events, &event, 1, 1).await?;
    until_confirmed(&client, 1).await;
    let since = Instant::now();
    publish(&events, &event, PRODUCERS, count).await?;
    until_confirmed(&client, count + 1).await;
    let took = since.elapsed();
    client.shutdown(Duration::from_secs(5)).await;
    Ok(took)
}

/// Publishes so many into an outbox that has no broker, and starts again with one; how long the broker took to confirm
/// them, connecting included.
///
/// # Errors
/// When one is refused.
pub async fn drain(url: &str, folder: &Path, count: usize) -> Result<Duration> {
    let before = Client::builder()
        .name("bench")
        .events(NOWHERE)
        .outbox(folder)
        .build()?;
    publish(&before.events(), &Arc::new(Paid::example()), PRODUCERS, count).await?;
    before.shutdown(Duration::from_millis(100)).await;
    let since = Instant::now();
    let client = Client::builder()
        .name("bench")
        .events(url)
        .outbox(folder)
        .build()?;
    let _ = client.events().state();
    until_confirmed(&client, count).await;
    let took = since.elapsed();
    client.shutdown(Duration::from_secs(5)).await;
    Ok(took)
}

async fn until_confirmed(client: &Client, count: usize) {
    let count = u64::try_from(count).unwrap_or(u64::MAX);
    while client.metrics().events.confirmed < count {
        sleep(POLL).await;
    }
}

/// How many events a second aio-pika publishes, pipelined and confirmed.
#[derive(Clone, Copy, Debug)]
pub struct AioPika {
    /// Straight to a queue, with no more properties than it takes to be kept.
    pub to_a_queue: f64,
    /// With trunkline's properties and headers, to its exchange.
    pub like_ours: f64,
}

/// Measures aio-pika; `None` where it cannot be had.
///
/// # Errors
/// When it prints something else.
pub async fn aio_pika(url: &str, raw: &Raw, count: usize) -> Result<Option<AioPika>> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/aio-pika");
    let mut child = Command::new(script)
        .args([url, &count.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let body = crate::events::encode(&Paid::example(), 0);
    if let Some(mut input) = child.stdin.take() {
        let like_ours = format!("{}\n", raw.like_ours.to_json());
        // An error: it has ended, and says why.
        let _ = input.write_all(like_ours.as_bytes()).await;
        let _ = input.write_all(&body).await;
    }
    let output = child.wait_with_output().await?;
    raw.empty_ours().await?;
    if !output.status.success() {
        return Ok(None);
    }
    let printed = String::from_utf8(output.stdout)?;
    let mut rates = printed.split_whitespace().map(str::parse);
    let mut next = || -> Result<f64> { Ok(rates.next().ok_or("aio-pika printed too little")??) };
    Ok(Some(AioPika {
        to_a_queue: next()?,
        like_ours: next()?,
    }))
}
