use serde::{Deserialize, Serialize};
use trunkline::Event;

#[derive(Serialize, Deserialize, Event)]
#[event("order.*")]
pub struct Paid {
    pub order: u32,
}

fn main() {}
