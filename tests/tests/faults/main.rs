//! The faults that a call survives, and what it comes to where it does not.
//!
//! `sockets`, `http2` and `limits` are over real sockets on loopback; `scripted` is in paused time, its times exact.

mod cancel;
mod deadlines;
mod errors;
mod http2;
mod limits;
mod scripted;
mod sockets;
