use trunkline::FromReply;

#[derive(FromReply)]
pub enum Created {
    #[status(99)]
    New,
}

fn main() {}
