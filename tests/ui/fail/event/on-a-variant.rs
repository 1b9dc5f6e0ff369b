use serde::{Deserialize, Serialize};
use trunkline::Event;

#[derive(Serialize, Deserialize, Event)]
#[event("order_paid")]
pub enum Paid {
    #[event("order_paid_whole")]
    Whole,
}

fn main() {}
