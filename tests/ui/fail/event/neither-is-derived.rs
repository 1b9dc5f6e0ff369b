use trunkline::Event;

#[derive(Event)]
#[event("order_paid")]
pub struct Paid {
    pub order: u32,
}

fn main() {}
