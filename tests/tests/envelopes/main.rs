//! Envelopes of both families, and of any other.

mod failures;
mod shapes;
mod untyped;
