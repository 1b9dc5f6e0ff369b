use serde::{Deserialize, Serialize};
use trunkline::Event;

#[derive(Serialize, Deserialize, Event)]
#[event("", version = 0, expires = "soon")]
pub struct Paid {
    pub order: u32,
}

fn main() {}
