use trunkline::FromReply;

#[derive(FromReply)]
pub enum Created {
    #[status(other)]
    New,
    #[status(other)]
    Again,
}

fn main() {}
