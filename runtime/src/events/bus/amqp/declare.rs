//! Making exchanges and queues, or looking for them, on channels that are thrown away: a refusal closes its channel.

use std::time::Duration;

use lapin::Channel;
use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable};

use super::address::Declare;
use super::fault::{Cause, Fault};
use super::link::{Link, answered};
use super::topology::{self, ExchangePlan, QueuePlan, SubscriptionPlan};
use super::wire;
use crate::events::EventFormat;

/// How often what an operator may delete is declared anew: nobody is told.
pub(super) const ANEW: Duration = Duration::from_secs(10);

/// The exchanges, and the queue of what is unrouted.
pub(super) async fn exchanges(link: &Link, how: Declare, format: EventFormat) -> Result<(), Fault> {
    all(link, how, &topology::exchanges(format)).await
}

/// The queue of what is unrouted, and the exchange before it.
pub(super) async fn unrouted(link: &Link, how: Declare) -> Result<(), Fault> {
    all(link, how, &[topology::unrouted_exchange()]).await
}

async fn all(link: &Link, how: Declare, plans: &[ExchangePlan]) -> Result<(), Fault> {
    let channel = link.channel().await?;
    for plan in plans {
        exchange(&channel, how, plan).await?;
    }
    queue(&channel, how, &topology::unrouted()).await
}

/// The queues of a subscription with their bindings. Those that hold come first: a dead letter has a place to go to.
pub(super) async fn subscription(link: &Link, how: Declare, plan: &SubscriptionPlan) -> Result<(), Fault> {
    let channel = link.channel().await?;
    for plan in plan.others.iter().chain(&plan.lanes) {
        queue(&channel, how, plan).await?;
    }
    Ok(())
}

async fn exchange(channel: &Channel, how: Declare, plan: &ExchangePlan) -> Result<(), Fault> {
    let mut arguments = FieldTable::default();
    if plan.has_alternate {
        let alternate = AMQPValue::LongString(topology::UNROUTED.into());
        arguments.insert("alternate-exchange".into(), alternate);
    }
    let options = ExchangeDeclareOptions {
        passive: how == Declare::Verify,
        durable: true,
        ..ExchangeDeclareOptions::default()
    };
    let declared = channel.exchange_declare(plan.name.into(), plan.kind.clone(), options, arguments);
    looked("exchange", plan.name, how, declared).await
}

async fn queue(channel: &Channel, how: Declare, plan: &QueuePlan) -> Result<(), Fault> {
    let options = QueueDeclareOptions {
        passive: how == Declare::Verify,
        durable: true,
        ..QueueDeclareOptions::default()
    };
    let name = short("queue", &plan.name)?;
    let declared = channel.queue_declare(name.clone(), options, plan.arguments.clone());
    looked("queue", &plan.name, how, async { declared.await.map(drop) }).await?;
    if how == Declare::Verify {
        return Ok(());
    }
    for (exchange, key) in &plan.bindings {
        let key = short("routing key", key)?;
        let options = QueueBindOptions::default();
        let bound = channel.queue_bind(
            name.clone(),
            (*exchange).into(),
            key,
            options,
            FieldTable::default(),
        );
        looked("queue", &plan.name, how, bound).await?;
    }
    Ok(())
}

fn short(what: &str, text: &str) -> Result<lapin::types::ShortString, Fault> {
    wire::short(what, text).map_err(|nack| Fault::new(Cause::Conflict, nack.reason))
}

/// What the broker says of an exchange or a queue.
async fn looked(
    what: &str,
    name: &str,
    how: Declare,
    answer: impl Future<Output = lapin::Result<()>>,
) -> Result<(), Fault> {
    let named = format!("{what} `{name}`");
    answered(&named, answer).await.map_err(|Fault { cause, text }| {
        // Missing, and not to be made.
        let is_missing = how == Declare::Verify && cause == Cause::Missing;
        let cause = if is_missing { Cause::Conflict } else { cause };
        let text = if cause == Cause::Mute {
            text
        } else {
            format!("{named}: {text}")
        };
        Fault::new(cause, text)
    })
}
