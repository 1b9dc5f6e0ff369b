//! Clients over a scripted transport.

use std::time::Duration;

use trunkline::testing::{Script, Step};
use trunkline::{Client, ClientBuilder, ServiceConfig};

/// The address of the one instance of most scripts.
pub const A: &str = "http://a:1";

/// A script whose instance at [`A`] does this.
pub fn script(steps: impl Into<trunkline::testing::Steps>) -> Script {
    Script::new().instance(A, steps)
}

/// A builder over this script whose randomness is the same in every run.
pub fn builder(script: &Script) -> ClientBuilder {
    Client::builder().scripted(script).seed(7)
}

/// A client over this script that finds this service at [`A`].
///
/// # Panics
/// Never with the settings that are here.
pub fn client(service: &str, script: &Script) -> Client {
    builder(script)
        .service(service, ServiceConfig::new().url(A))
        .build()
        .expect("the settings are legal")
}

/// A reply of this status whose body is this text as JSON, legal or not.
pub fn json(status: u16, text: &str) -> Step {
    Step::reply(status)
        .header("content-type", "application/json")
        .body(text.to_owned())
}

/// Milliseconds.
pub const fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}
