use trunkline::service;

#[service("models")]
pub trait Models {
    fn service(&self) -> u32 {
        1
    }
}

fn main() {}
