//! The channel of one subscription: deliveries come in, settlements go out.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream as _;
use lapin::options::{BasicAckOptions, BasicConsumeOptions, BasicNackOptions, BasicQosOptions};
use lapin::types::FieldTable;
use lapin::{Channel, Consumer};
use tokio::time::{Interval, MissedTickBehavior, interval, timeout};

use super::super::fault::{Cause, Fault};
use super::super::link::{Link, answered};
use super::super::topology::SubscriptionPlan;
use super::super::wire;
use super::acks::{Extent, News};
use super::moment::Moment;
use super::source::{Desk, Session};
use crate::client::lock;

/// How often what is done behind something slow is told.
const LOOK: Duration = Duration::from_secs(1);
/// How long the last settlements and the goodbye may take.
const GOODBYE: Duration = Duration::from_secs(2);

pub(super) struct TakingChannel {
    channel: Channel,
    lanes: Vec<Consumer>,
    telling: Option<Telling>,
    moment: Moment,
}

type Telling = Pin<Box<dyn Future<Output = lapin::Result<()>> + Send>>;

impl TakingChannel {
    /// Consumes from each lane, with a prefetch of its own.
    pub(super) async fn open(link: &Link, plan: &SubscriptionPlan, prefetch: u16) -> Result<Self, Fault> {
        let channel = link.channel().await?;
        answered(
            "prefetch",
            channel.basic_qos(prefetch, BasicQosOptions::default()),
        )
        .await?;
        let mut lanes = Vec::new();
        for lane in &plan.lanes {
            let options = BasicConsumeOptions::default();
            // Its name was short enough to be declared.
            let name =
                wire::short("queue", &lane.name).map_err(|nack| Fault::new(Cause::Conflict, nack.reason))?;
            let consumed = channel.basic_consume(name, "".into(), options, FieldTable::default());
            lanes.push(answered(&lane.name, consumed).await?);
        }
        Ok(Self {
            channel,
            lanes,
            telling: None,
            moment: Moment::new(),
        })
    }

    /// Takes and tells until the channel is of no more use.
    pub(super) async fn take(&mut self, session: &Arc<Session>, desk: &Desk) -> Fault {
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        poll_fn(|cx| {
            let received = self.receive(cx, session, desk);
            let told = received.and_then(|()| self.tell(cx, session, &mut look));
            match told {
                Ok(()) => Poll::Pending,
                Err(fault) => Poll::Ready(fault.of_work()),
            }
        })
        .await
    }

    /// Hands out what has come.
    fn receive(&mut self, cx: &mut Context<'_>, session: &Arc<Session>, desk: &Desk) -> Result<(), Fault> {
        let mut came = Vec::new();
        for lane in &mut self.lanes {
            while let Poll::Ready(next) = pin!(&mut *lane).poll_next(cx) {
                let Some(delivery) = next else {
                    let text = "the broker ended the consumer: its queue was deleted, or has moved";
                    return Err(Fault::new(Cause::Channel, text));
                };
                came.push(delivery?);
            }
        }
        if !came.is_empty() {
            desk.put(session.incoming(came));
        }
        Ok(())
    }

    /// Tells the broker what is settled, one message at a time: what is settled meanwhile goes with the next.
    fn tell(&mut self, cx: &mut Context<'_>, session: &Session, look: &mut Interval) -> Result<(), Fault> {
        let mut extent = Extent::Groups;
        while look.poll_tick(cx).is_ready() {
            extent = Extent::All;
        }
        loop {
            if let Some(telling) = &mut self.telling {
                match telling.as_mut().poll(cx) {
                    Poll::Pending => return Ok(()),
                    Poll::Ready(told) => {
                        self.telling = None;
                        told?;
                    }
                }
            }
            if self.moment.is_over(cx) {
                extent = extent.max(Extent::Prefix);
            }
            match self.news(cx, session, extent) {
                Some(news) => self.telling = Some(Box::pin(tell(self.channel.clone(), news))),
                // Looked at again: it may have begun just now, and is to wake this.
                None if self.moment.is_over(cx) => {}
                None => return Ok(()),
            }
            extent = Extent::Groups;
        }
    }

    /// What is to be told now; without any, this is woken for the next.
    fn news(&mut self, cx: &mut Context<'_>, session: &Session, extent: Extent) -> Option<News> {
        let mut acks = lock(&session.acks);
        let news = acks.news(extent);
        let is_waiting = acks.is_waiting();
        if news.is_empty() {
            acks.wake(cx.waker());
        }
        drop(acks);
        if is_waiting {
            self.moment.begin();
        } else {
            self.moment.stop();
        }
        (!news.is_empty()).then_some(news)
    }

    /// Tells the rest, and closes: the broker gives what is in hand to others.
    pub(super) async fn close(mut self, session: &Session) {
        let goodbye = async {
            if let Some(telling) = self.telling.take() {
                telling.await?;
            }
            let news = lock(&session.acks).news(Extent::All);
            tell(self.channel.clone(), news).await?;
            self.channel.close(200, "OK".into()).await
        };
        let _ = timeout(GOODBYE, goodbye).await;
    }
}

/// What goes back first: none of it may be among those that are acknowledged together.
async fn tell(channel: Channel, news: News) -> lapin::Result<()> {
    for tag in news.returned {
        let options = BasicNackOptions {
            multiple: false,
            requeue: true,
        };
        channel.basic_nack(tag, options).await?;
    }
    for tag in news.single {
        channel
            .basic_ack(tag, BasicAckOptions { multiple: false })
            .await?;
    }
    if let Some(tag) = news.up_to {
        channel.basic_ack(tag, BasicAckOptions { multiple: true }).await?;
    }
    Ok(())
}
