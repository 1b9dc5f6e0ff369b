use serde::Deserialize;
use trunkline::FromReply;

#[derive(FromReply, Deserialize)]
pub enum Found {
    #[status(200)]
    Yes(u32),
}

fn main() {}
