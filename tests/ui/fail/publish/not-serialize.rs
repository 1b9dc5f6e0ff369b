use trunkline::{Event, Receipt, Result, service};

pub struct Paid;

impl Event for Paid {
    const NAME: &'static str = "order_paid";
}

#[service("shipping")]
pub trait Shipping {
    #[publish]
    async fn paid(&self, event: &Paid) -> Result<Receipt>;
}

fn main() {}
