//! An outbox in the application's own database: the event is stored in the transaction of what it tells of.
//!
//! `envelope`: an event as bytes to be stored; `source`: what the application lends; `relay`: from there to the bus,
//! page by page; `row`: one of them.

mod envelope;
mod relay;
mod row;
mod source;

pub use self::envelope::Envelope;
pub use self::relay::OutboxRelay;
pub use self::source::OutboxSource;
