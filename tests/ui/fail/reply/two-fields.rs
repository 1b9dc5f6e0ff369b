use trunkline::FromReply;

#[derive(FromReply)]
pub enum Created {
    #[status(201)]
    New(u32, u32),
}

fn main() {}
