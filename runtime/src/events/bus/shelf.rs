//! Events that are kept and that nobody handles by themselves.

use std::sync::Arc;
use std::time::SystemTime;

use super::super::text::Text;
use super::super::wire::Wire;

/// A queue whose events nobody handles by themselves.
#[derive(Clone, Debug)]
pub(crate) enum Shelf {
    /// The dead letters of the queue of this label.
    Dead(Text),
    /// What no queue was bound for.
    Unrouted,
}

/// An event on a shelf.
#[derive(Clone, Debug)]
pub(crate) struct Shelved {
    pub(crate) wire: Arc<Wire>,
    pub(crate) since: SystemTime,
}
