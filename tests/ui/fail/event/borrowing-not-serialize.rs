use trunkline::Event;

#[derive(Event)]
#[event("order_paid")]
pub enum Paid<'a> {
    By(&'a str),
}

fn main() {}
