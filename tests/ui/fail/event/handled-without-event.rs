use serde::Deserialize;
use trunkline::Events;

#[derive(Deserialize)]
pub struct Paid {
    pub order: u32,
}

fn handle(events: &Events) {
    let _ = events.subscribe("shipping").on(|_: trunkline::Delivery<Paid>| async { Ok::<(), trunkline::Error>(()) });
}

fn main() {}
