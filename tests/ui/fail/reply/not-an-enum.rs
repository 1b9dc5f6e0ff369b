use trunkline::FromReply;

#[derive(FromReply)]
pub struct Created {
    pub id: u32,
}

fn main() {}
