//! A client over a script: the policy that the faults are told for, and the names of the instances.

use trunkline::testing::Script;
use trunkline::{BreakerPolicy, Client, Error, Raw, Reply, RetryPolicy, ServiceConfig};

use crate::clock::{ms, secs};

/// The first instance.
pub const A: &str = "http://a:1";
/// The second instance.
pub const B: &str = "http://b:1";
/// The third instance.
pub const C: &str = "http://c:1";

/// The service that every test calls.
pub const SERVICE: &str = "orders";

/// The policy that the faults are told for: 2 s a call, 500 ms an attempt, 300 ms idle, 200 ms to connect, 2 retries from
/// 50 ms up to 1 s.
pub fn reference() -> ServiceConfig {
    ServiceConfig::new()
        .timeout(secs(2))
        .attempt_timeout(ms(500))
        .idle_timeout(ms(300))
        .connect_timeout(ms(200))
        .retry(RetryPolicy {
            times: 2,
            delay: ms(50),
            max_delay: secs(1),
            ..RetryPolicy::default()
        })
        .breaker(BreakerPolicy::default())
}

/// A client whose one service is scripted; its randomness is repeatable.
///
/// # Panics
/// When the settings are wrong.
pub fn client(script: &Script, config: ServiceConfig) -> Client {
    Client::builder()
        .service(SERVICE, config)
        .scripted(script)
        .seed(7)
        .build()
        .expect("the test's settings are right")
}

/// A GET of `/x`.
pub async fn get(client: &Client) -> Result<Reply<Raw>, Error> {
    client.service(SERVICE).get("/x").send().await
}

/// A POST of `/x` with a small JSON body.
pub async fn post(client: &Client) -> Result<Reply<Raw>, Error> {
    client.service(SERVICE).post("/x").json(&1).send().await
}

/// Asserts that nothing is under way any more: no exchange, no open body, no call in flight.
///
/// # Panics
/// When something is.
#[track_caller]
pub fn assert_idle(client: &Client, script: &Script) {
    assert_eq!(script.in_flight(), 0, "exchanges in flight");
    assert_eq!(script.open_bodies(), 0, "open bodies");
    for (name, service) in client.metrics().services {
        assert_eq!(service.in_flight, 0, "calls of {name} in flight");
    }
}
