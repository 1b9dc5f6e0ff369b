use trunkline::FromReply;

#[derive(FromReply)]
pub enum Created {
    #[status(201)]
    New,
    #[status(othr)]
    Other,
}

fn main() {}
