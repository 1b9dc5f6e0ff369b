//! A scripted transport: tests of a client without a socket, in paused time.
//!
//! A [`Script`] says what each instance of a service does with each exchange: whether a connection is made, how long
//! the head takes, what the reply is, and how its body ends. It counts what arrives and records the requests.
//! Everything above the socket is the real thing: retries, breakers, deadlines, decoding.
//!
//! ```
//! use std::time::Duration;
//! use serde_json::{Value, json};
//! use trunkline::testing::{Script, Step};
//! use trunkline::{Client, ServiceConfig};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> trunkline::Result<()> {
//! let script = Script::new().instance(
//!     "http://orders:1",
//!     [
//!         Step::reply(503).header("retry-after", "2"),
//!         Step::json(200, &json!({ "id": 1 })).after(Duration::from_millis(20)),
//!     ],
//! );
//! let client = Client::builder()
//!     .service("orders", ServiceConfig::new().url("http://orders:1"))
//!     .scripted(&script)
//!     .build()?;
//!
//! let order: Value = client.service("orders").get("/orders/1").send().await?.json()?;
//!
//! assert_eq!(order, json!({ "id": 1 }));
//! assert_eq!(script.hits("http://orders:1"), 2);
//! assert_eq!(script.requests()[1].path(), "/orders/1");
//! # Ok(())
//! # }
//! ```
//!
//! Under `#[tokio::test(start_paused = true)]` the two seconds above take no time, and times are exact to the
//! millisecond.
//!
//! What it does not do: there are no connections to keep alive, so each exchange connects anew, and nothing below
//! HTTP (framing, TLS, DNS) is there to be tested. A fake of a whole service needs none of this: it is an ordinary
//! `impl` of the service's trait.
//!
//! # An instance that is down, and comes back
//!
//! ```
//! use trunkline::testing::{Script, Step};
//!
//! let script = Script::new().instance("http://a:1", Step::refuse());
//! // … calls fail …
//! script.change("http://a:1", Step::text(200, "well again"));
//! ```
//!
//! # An answer that depends on the request
//!
//! ```
//! use trunkline::testing::{Script, Step};
//!
//! let echo = Step::answer(|request| Step::text(200, request.path().to_owned()));
//! let script = Script::new().instance("http://a:1", echo);
//! ```

mod body;
mod exchange;
mod instance;
mod recorded;
mod script;
mod step;
mod steps;
#[cfg(test)]
mod tests;

pub use crate::events::{RecordedEvent, RecordingEvents};
pub use recorded::Recorded;
pub use script::Script;
pub use step::Step;
pub use steps::Steps;
