//! The faults that a call survives, and what it comes to where it does not.
//!
//! `sockets`, `http2` and `limits` are over real sockets on loopback; `scripted` is in paused time, its times exact; `error_bodies` is both.

mod cancel;
mod deadlines;
mod error_bodies;
mod errors;
mod http2;
mod limits;
mod scripted;
mod sockets;
