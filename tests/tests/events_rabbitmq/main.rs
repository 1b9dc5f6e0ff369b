//! Events over a `RabbitMQ` of the suite's own: what is promised, and every fault of the design's table that a broker can
//! have.

mod carrying;
mod support;
