use trunkline::FromReply;

#[derive(FromReply)]
pub enum Created {
}

fn main() {}
