//! The outbox: events on disk until the broker has them.
//!
//! What was accepted survives a killed process and a power cut. One thread writes: each commit carries all records that
//! wait and deletes all that were confirmed, so one sync serves many callers. Records stay on disk, memory holds numbers
//! and what is in flight.
//!
//! - `store`: the handle; `taken`: a record in a relay's hands
//! - `writer`, `waiting`: the thread, and what it is given; `room`: the bounds
//! - `lanes`: the order of the relay; `aside`: what was refused for now
//! - `entry`, `fate`: a record before and after it is on disk, as its publisher sees it
//! - `outbox`, `relay`: a client's store, what empties it; `gate`: how it waits for a bus that does not answer; `unsent`: what stays
//! - `ledger`: what the subscriptions have handled; `health`: whether events can be stored
//! - `engine`: what the above need of a disk; `disk`: redb; `mark`: a count of commits beside it
//! - `record`, `checksum`: how a record lies on disk; `directory`: whose it is
//!
//! Invariants: redb is named in `disk` only; an answer `Ok` is given after the sync and never before; no record is left
//! out because it could not be read (the store is refused, or closed, as a whole).

mod aside;
mod checksum;
mod directory;
mod disk;
mod engine;
mod entry;
mod error;
mod fate;
mod gate;
mod health;
mod lanes;
mod ledger;
mod mark;
#[expect(clippy::module_inception, reason = "the outbox itself")]
mod outbox;
mod record;
mod relay;
mod room;
mod shared;
mod store;
mod taken;
#[cfg(test)]
mod tests;
mod unsent;
mod waiting;
mod writer;

pub(crate) use aside::Pause;
pub(crate) use entry::{Entry, Kept};
pub(crate) use error::StoreError;
pub(crate) use fate::Fate;
pub(crate) use health::Health;
pub(crate) use ledger::Ledger;
pub use outbox::OutboxMetrics;
pub(crate) use outbox::{Outbox, OutboxSettings};
pub(crate) use record::{Record, Seq, Stored};
pub(crate) use room::Bounds;
pub(crate) use shared::Figures;
pub(crate) use store::Store;
pub(crate) use taken::Taken;
pub use unsent::Unsent;
