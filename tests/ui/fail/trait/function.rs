use trunkline::service;

#[service("models")]
pub fn models() {}

fn main() {}
