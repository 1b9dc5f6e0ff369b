use trunkline::FromReply;

pub struct Secret;

#[derive(FromReply)]
pub enum Created {
    #[status(201)]
    New(Secret),
    #[status(404)]
    Missing,
}

fn main() {}
