use serde::{Deserialize, Serialize};
use trunkline::Event;

#[derive(Serialize, Deserialize, Event)]
#[event("rechnung_bezahlt_für")]
pub struct Paid {
    pub order: u32,
}

fn main() {}
