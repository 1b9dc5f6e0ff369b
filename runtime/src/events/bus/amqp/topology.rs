//! Which exchanges and queues there are on the broker, with which arguments, and where an event goes.

use std::time::Duration;

use lapin::ExchangeKind;
use lapin::types::{AMQPValue, FieldTable};

use super::super::{Declaration, Outgoing};
use super::publisher::Parcel;
use crate::events::names::ALL;
use crate::events::text::Text;
use crate::events::topology::{DEAD_WORD, HIGH_WORD, Route, segment};
use crate::events::{EventFormat, Priority};

const EVENTS: &str = "trunkline.events";
/// Beside it, for what has a lane of its own: quorum queues know priorities only since 4.0.
const HIGH: &str = "trunkline.events.high";
/// Keys are the names of queues. Unlike the default exchange it has an alternate: what is for a queue that an operator
/// has deleted is kept.
pub(super) const QUEUES: &str = "trunkline.queues";
/// Exchange and queue of what no queue is bound for.
pub(super) const UNROUTED: &str = "trunkline.unrouted";
const FAMILY_A: &str = "microservices";
const FAMILY_B: &str = "aury.events";

/// What is unrouted is kept up to here; then the publisher is told.
const MOST_UNROUTED: i64 = 100_000;
const MOST_UNROUTED_BYTES: i64 = 256 * 1024 * 1024;
/// Deliveries that nobody settled, before an event is a dead letter.
const MOST_DELIVERIES: i64 = 50;
/// Of shelves, where looking counts as a delivery on newer brokers, whose own limit of 20 would delete.
const MOST_LOOKS: i64 = 1_000_000_000;

/// An exchange as we declare it.
pub(super) struct ExchangePlan {
    pub(super) name: &'static str,
    pub(super) kind: ExchangeKind,
    pub(super) has_alternate: bool,
}

/// A queue as we declare it.
#[derive(Clone, Debug)]
pub(super) struct QueuePlan {
    pub(super) name: Text,
    pub(super) arguments: FieldTable,
    pub(super) bindings: Vec<(&'static str, Text)>,
}

/// The queues of a subscription.
#[derive(Clone, Debug)]
pub(super) struct SubscriptionPlan {
    /// What its retries and replays come back to.
    pub(super) queue: Text,
    /// Those that it takes from.
    pub(super) lanes: Vec<QueuePlan>,
    /// Those that only hold.
    pub(super) others: Vec<QueuePlan>,
}

/// Where events of this format are published.
pub(super) fn parcel(format: EventFormat, outgoing: &Outgoing) -> Parcel {
    let (exchange, key) = match (format, &outgoing.route) {
        (EventFormat::CloudEvents, route) => (lane(outgoing.priority), route.key()),
        (EventFormat::FamilyA, Route::Key(key)) => (FAMILY_A, key.clone()),
        (EventFormat::FamilyB, Route::Key(key)) => (FAMILY_B, key.clone()),
        (EventFormat::FamilyA, Route::Address { source, name, .. }) => {
            (FAMILY_A, Text::format(format_args!("{source}.{name}")))
        }
        (EventFormat::FamilyB, Route::Address { name, .. }) => (FAMILY_B, name.clone()),
    };
    Parcel {
        exchange: exchange.into(),
        key,
        wire: std::sync::Arc::clone(&outgoing.wire),
    }
}

fn lane(priority: Priority) -> &'static str {
    match priority {
        Priority::Low | Priority::Normal => EVENTS,
        Priority::High | Priority::Urgent => HIGH,
    }
}

/// The exchanges, in the order in which they may be made.
pub(super) fn exchanges(format: EventFormat) -> Vec<ExchangePlan> {
    let plan = |name, kind, has_alternate| ExchangePlan {
        name,
        kind,
        has_alternate,
    };
    let mut plans = vec![unrouted_exchange(), plan(QUEUES, ExchangeKind::Direct, true)];
    match format {
        EventFormat::CloudEvents => plans.extend([
            plan(EVENTS, ExchangeKind::Topic, true),
            plan(HIGH, ExchangeKind::Topic, true),
        ]),
        // As the others of the family declare them: without arguments.
        EventFormat::FamilyA => plans.push(plan(FAMILY_A, ExchangeKind::Topic, false)),
        EventFormat::FamilyB => plans.push(plan(FAMILY_B, ExchangeKind::Topic, false)),
    }
    plans
}

/// The exchange of what is unrouted, the alternate of ours.
pub(super) fn unrouted_exchange() -> ExchangePlan {
    ExchangePlan {
        name: UNROUTED,
        kind: ExchangeKind::Fanout,
        has_alternate: false,
    }
}

/// The queue of what is unrouted: bounded, and full it refuses.
pub(super) fn unrouted() -> QueuePlan {
    let mut arguments = holding();
    arguments.insert("x-max-length".into(), AMQPValue::LongLongInt(MOST_UNROUTED));
    arguments.insert(
        "x-max-length-bytes".into(),
        AMQPValue::LongLongInt(MOST_UNROUTED_BYTES),
    );
    QueuePlan {
        name: UNROUTED.into(),
        arguments,
        bindings: vec![(UNROUTED, "".into())],
    }
}

/// `trunkline.q.{group}[.{subscription}]`.
pub(super) fn queue(label: &str) -> Text {
    Text::format(format_args!("trunkline.q.{label}"))
}

pub(super) fn dead(queue: &str) -> Text {
    Text::format(format_args!("{queue}.{DEAD_WORD}"))
}

pub(super) fn high(queue: &str) -> Text {
    Text::format(format_args!("{queue}.{HIGH_WORD}"))
}

pub(super) fn retry(queue: &str, after: Duration) -> Text {
    Text::format(format_args!("{queue}.retry.{}", after.as_millis()))
}

/// All queues of a subscription.
pub(super) fn subscription(format: EventFormat, declaration: &Declaration) -> SubscriptionPlan {
    let queue = queue(&declaration.label);
    let mut lanes = own(&queue, &own_words(format, declaration));
    lanes.extend(of_family(format, declaration, &queue));
    let mut others = vec![named(dead(&queue), holding())];
    for step in &declaration.steps {
        others.push(named(retry(&queue, *step), waiting(&queue, *step)));
    }
    SubscriptionPlan { queue, lanes, others }
}

/// The queues of a target that may never have been started.
pub(super) fn target(target: &str, name: &str) -> SubscriptionPlan {
    let queue = queue(&segment(target));
    let words = vec![(Text::copy(&segment(target)), Text::copy(&segment(name)))];
    SubscriptionPlan {
        lanes: own(&queue, &words),
        others: vec![named(dead(&queue), holding())],
        queue,
    }
}

/// First and last words of the keys that our own queue binds.
fn own_words(format: EventFormat, declaration: &Declaration) -> Vec<(Text, Text)> {
    if format != EventFormat::CloudEvents {
        return Vec::new();
    }
    let group = segment(&declaration.group);
    let names = declaration.names.iter().map(|name| segment(name));
    let words = names.flat_map(|name| [&*group, ALL].map(|first| (Text::copy(first), Text::copy(&name))));
    words.collect()
}

/// Our own queue and its lane for what is urgent, with the same arguments whatever a subscriber sets.
fn own(queue: &Text, words: &[(Text, Text)]) -> Vec<QueuePlan> {
    let lanes = [(queue.clone(), EVENTS), (high(queue), HIGH)];
    let plan = |(name, exchange): (Text, &'static str)| {
        let mut plan = named(name, handled(queue));
        let keys = words
            .iter()
            .map(|(first, last)| Text::format(format_args!("{first}.*.{last}")));
        plan.bindings.extend(keys.map(|key| (exchange, key)));
        plan
    };
    lanes.map(plan).into()
}

/// The queues of a family, as its own services declare them.
fn of_family(format: EventFormat, declaration: &Declaration, queue: &Text) -> Vec<QueuePlan> {
    let names = declaration.names.iter();
    match format {
        EventFormat::CloudEvents => Vec::new(),
        EventFormat::FamilyA => names
            .map(|name| {
                let key = Text::format(format_args!("*.{name}"));
                let mut arguments = FieldTable::default();
                arguments.insert("x-max-priority".into(), AMQPValue::LongInt(4));
                QueuePlan {
                    name: Text::format(format_args!("{}{}.{key}", declaration.group, beside(declaration))),
                    arguments,
                    bindings: vec![(FAMILY_A, key)],
                }
            })
            .collect(),
        EventFormat::FamilyB => names
            .map(|name| QueuePlan {
                name: Text::format(format_args!("events.{name}")),
                arguments: FieldTable::default(),
                bindings: vec![(FAMILY_B, name.clone())],
            })
            .collect(),
    }
    .into_iter()
    .filter(|plan| plan.name != *queue)
    .collect()
}

/// `.{subscription}`, where it is not the group's own queue.
fn beside(declaration: &Declaration) -> &str {
    let own = segment(&declaration.group);
    declaration.label.strip_prefix(&*own).unwrap_or_default()
}

/// # Errors
/// Where the queues of the format are not the subscription's own.
pub(super) fn check(format: EventFormat, declaration: &Declaration) -> Result<(), &'static str> {
    match format {
        EventFormat::FamilyB if !beside(declaration).is_empty() => Err(
            "a subscription in family B: its queues are named by the event alone, and all who handle it share them",
        ),
        EventFormat::CloudEvents | EventFormat::FamilyA | EventFormat::FamilyB => Ok(()),
    }
}

/// Whether what has no queue there is gone, unless it is asked back: others of the family declare these without an
/// alternate.
pub(super) fn has_no_alternate(exchange: &str) -> bool {
    [FAMILY_A, FAMILY_B].contains(&exchange)
}

/// A queue that is found under its own name.
fn named(name: Text, arguments: FieldTable) -> QueuePlan {
    QueuePlan {
        bindings: vec![(QUEUES, name.clone())],
        name,
        arguments,
    }
}

fn quorum() -> FieldTable {
    let mut arguments = FieldTable::default();
    set(&mut arguments, "x-queue-type", "quorum");
    set(&mut arguments, "x-overflow", "reject-publish");
    arguments
}

/// A queue that nobody takes from by itself.
fn holding() -> FieldTable {
    let mut arguments = quorum();
    arguments.insert("x-delivery-limit".into(), AMQPValue::LongLongInt(MOST_LOOKS));
    arguments
}

/// A queue that handlers take from: what kills all of them is a dead letter at last, and is not lost on the way there.
fn handled(queue: &str) -> FieldTable {
    let mut arguments = quorum();
    arguments.insert("x-delivery-limit".into(), AMQPValue::LongLongInt(MOST_DELIVERIES));
    dead_lettered(&mut arguments, &dead(queue));
    arguments
}

/// A queue that an event leaves by itself, back to where it came from.
fn waiting(queue: &str, time: Duration) -> FieldTable {
    let mut arguments = quorum();
    let millis = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
    arguments.insert("x-message-ttl".into(), AMQPValue::LongLongInt(millis));
    dead_lettered(&mut arguments, queue);
    arguments
}

fn dead_lettered(arguments: &mut FieldTable, queue: &str) {
    set(arguments, "x-dead-letter-exchange", QUEUES);
    set(arguments, "x-dead-letter-routing-key", queue);
    set(arguments, "x-dead-letter-strategy", "at-least-once");
}

fn set(arguments: &mut FieldTable, name: &str, value: &str) {
    arguments.insert(name.into(), AMQPValue::LongString(value.into()));
}
