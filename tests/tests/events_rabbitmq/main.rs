//! Events over a `RabbitMQ` of the suite's own: what is promised, and the faults of the design's table.
//!
//! With `EVENTS_SOAK` set, as `./tests/run events-soak` does, the long rows run in full.

mod addresses;
mod alarms;
mod carrying;
mod consumers;
mod declared;
mod deleted;
mod encrypted;
mod families;
mod figures;
mod frozen;
mod killed;
mod ladder;
mod late;
mod letters;
mod mute;
mod processes;
mod publishers;
mod silent;
mod sources;
mod support;
