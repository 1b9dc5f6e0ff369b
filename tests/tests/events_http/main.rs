//! Events over HTTP, through a messaging service of family A: over real sockets, in real time.

mod faults;
mod messaging;
mod outbox;
mod publishing;
mod receiving;
mod registering;
