//! Events over HTTP, through a messaging service of family A: over real sockets, in real time.

mod failing;
mod faults;
mod holding;
mod messaging;
mod outbox;
mod own_outbox;
mod publishing;
mod receiving;
mod registering;
mod subscriber;
