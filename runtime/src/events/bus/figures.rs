//! How a bus is, in numbers.

use std::collections::BTreeMap;
use std::time::Duration;

/// What became of the connections so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct LinkFigures {
    /// How often one was lost or not made, by cause.
    pub(crate) reconnects: BTreeMap<String, u64>,
    /// For how long no events were taken.
    pub(crate) blocked: Duration,
}

/// How full a queue is.
#[derive(Clone, Debug, Default)]
pub(crate) struct QueueFigures {
    pub(crate) depth: usize,
    pub(crate) in_hand: usize,
    pub(crate) waiting: usize,
    pub(crate) dead: usize,
    pub(crate) oldest: Duration,
}
