use trunkline::FromReply;

#[derive(FromReply)]
pub enum Created {
    #[status(201)]
    New { id: u32 },
}

fn main() {}
