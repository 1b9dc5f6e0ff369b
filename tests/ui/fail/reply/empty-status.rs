use trunkline::FromReply;

#[derive(FromReply)]
pub enum Created {
    #[status]
    New,
}

fn main() {}
