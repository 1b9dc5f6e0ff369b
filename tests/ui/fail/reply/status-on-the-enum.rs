use trunkline::FromReply;

#[derive(FromReply)]
#[status(201)]
pub enum Created {
    #[status(201)]
    New,
}

fn main() {}
