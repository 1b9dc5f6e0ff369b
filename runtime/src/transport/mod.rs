//! What turns one HTTP request into one response.

mod error;

pub use error::{Sent, TransportError};
