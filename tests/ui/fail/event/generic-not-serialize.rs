use serde::{Deserialize, Serialize};
use trunkline::Event;

#[derive(Serialize, Deserialize, Event)]
#[event("order_paid")]
pub struct Paid<T> {
    order: T,
}

struct Order;

fn publish(events: &trunkline::Events) {
    drop(events.publish(&Paid { order: Order }));
}

fn main() {}
