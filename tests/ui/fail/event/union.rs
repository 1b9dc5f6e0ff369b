use trunkline::Event;

#[derive(Event)]
#[event("order_paid")]
pub union Paid {
    order: u32,
}

fn main() {}
