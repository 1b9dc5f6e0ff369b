use trunkline::service;

#[service("models")]
pub struct Models {
    pub url: String,
}

fn main() {}
