//! How long to measure, as the command line says.

use std::env;
use std::time::Duration;

/// How long to measure.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How often each client has its turn.
    pub rounds: usize,
    /// How long a turn is, about.
    pub turn: Duration,
}

impl Options {
    /// `--quick` is for a first look: few rounds, short turns.
    pub fn from_args() -> Self {
        if env::args().any(|argument| argument == "--quick") {
            Self {
                rounds: 5,
                turn: Duration::from_millis(60),
            }
        } else {
            Self {
                rounds: 15,
                turn: Duration::from_millis(250),
            }
        }
    }
}
