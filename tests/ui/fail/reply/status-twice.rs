use trunkline::FromReply;

#[derive(FromReply)]
pub enum Created {
    #[status(201)]
    New,
    #[status(201)]
    Again,
}

fn main() {}
