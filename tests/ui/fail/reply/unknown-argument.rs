use trunkline::FromReply;

#[derive(FromReply)]
#[reply(crat = ::trunkline)]
pub enum Created {
    #[status(201)]
    New,
}

fn main() {}
