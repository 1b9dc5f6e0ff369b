//! What the benches share: the clients that are compared, the calls that they make, the server, the clock and the table.
//!
//! The README's section on performance says what is measured, and what came of it.

mod clients;
mod clock;
mod events;
pub mod instructions;
mod options;
pub mod outbox;
mod payload;
pub mod rabbitmq;
mod report;
mod responder;
mod rounds;
pub mod server;
mod workload;

pub use clients::{Bare, Client, Middleware, Naive, Orders, Trunkline};
pub use clock::{Cost, Stopwatch, raise_file_limit};
pub use events::{Paid, Shipping, decode, encode, published};
pub use options::Options;
pub use payload::{Item, Order, Summary};
pub use report::{print_head, print_machine, print_table};
pub use responder::Responder;
pub use rounds::{Figures, Shape, Turn, interleave, turn};
pub use workload::{Workload, run, runtime};

/// The result of a benched call: whoever fails, the bench ends.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;
