//! Events over `RabbitMQ`: lapin by hand, and trunkline.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions, ConfirmSelectOptions,
    QueueDeclareOptions, QueuePurgeOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use trunkline::{Client, Delivery, Events, HandlerError};

use crate::Result;
use crate::events::Paid;

const RAW: &str = "trunkline.bench.raw";
const GROUP: &str = "shipping";
const BATCH: usize = 64;
const PREFETCH: u16 = 256;
/// Publishers that wait for their confirms at the same time.
const PUBLISHERS: usize = 512;

/// lapin as a careful user writes it: one channel, confirms, batches.
#[derive(Debug)]
pub struct Raw {
    connection: Connection,
    channel: Channel,
    body: Vec<u8>,
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
        })
    }

    /// Publishes so many, each confirmed.
    ///
    /// # Errors
    /// When one is not confirmed.
    pub async fn publish(&self, count: usize) -> Result<()> {
        let mut left = count;
        while left > 0 {
            let batch = left.min(BATCH);
            let mut confirms = Vec::with_capacity(batch);
            for _ in 0..batch {
                let properties = BasicProperties::default().with_delivery_mode(2);
                let options = BasicPublishOptions::default();
                let sent = self
                    .channel
                    .basic_publish("".into(), RAW.into(), options, &self.body, properties);
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

    /// Takes so many and acknowledges each by itself.
    ///
    /// # Errors
    /// When the stream ends.
    pub async fn take(&self, count: usize) -> Result<()> {
        let channel = self.connection.create_channel().await?;
        channel.basic_qos(PREFETCH, BasicQosOptions::default()).await?;
        let options = BasicConsumeOptions::default();
        let mut consumer = channel
            .basic_consume(RAW.into(), "".into(), options, FieldTable::default())
            .await?;
        for _ in 0..count {
            let delivery = consumer.next().await.ok_or("the stream ended")??;
            delivery.ack(BasicAckOptions::default()).await?;
        }
        channel.close(200, "OK".into()).await?;
        Ok(())
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
        let mut publishers = JoinSet::new();
        for publisher in 0..PUBLISHERS {
            let (events, event) = (self.events.clone(), Arc::clone(&self.event));
            let share = (count + publisher) / PUBLISHERS;
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

    /// Takes so many, handles and acknowledges them.
    ///
    /// # Errors
    /// When the queue cannot be taken from.
    pub async fn take(&self, count: usize) -> Result<()> {
        let handled = Arc::new(Semaphore::new(0));
        let counter = Arc::clone(&handled);
        let handle = move |_: Delivery<Paid>| {
            counter.add_permits(1);
            async { Ok::<(), HandlerError>(()) }
        };
        let subscribe = self.events.subscribe(GROUP).on(handle).prefetch(PREFETCH.into());
        let worker = subscribe.start().await?;
        let _all = handled.acquire_many(u32::try_from(count)?).await?;
        worker.shutdown(Duration::from_secs(30)).await?;
        Ok(())
    }

    /// Closes the connections.
    pub async fn close(self, grace: Duration) {
        self.client.shutdown(grace).await;
    }
}
