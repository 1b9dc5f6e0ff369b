//! What is published over a bus, and why it was not taken.

use std::sync::Arc;
use std::time::Duration;

use super::super::topology::Route;
use super::super::wire::Wire;
use super::super::{Priority, PublishFailure};

/// An event on its way out.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(crate) route: Route,
    pub(crate) priority: Priority,
    pub(crate) wire: Arc<Wire>,
}

/// Why something was not taken.
#[derive(Clone, Debug)]
pub(crate) struct Nack {
    pub(crate) again: Again,
    /// Whether no other event would be taken either: nobody is there, or nobody is let in.
    pub(crate) is_shut: bool,
    /// What a publish fails with that ends here.
    pub(crate) failure: PublishFailure,
    /// Not sooner than that.
    pub(crate) after: Duration,
    pub(crate) reason: String,
}

/// When something that was not taken may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Again {
    Soon,
    /// Once somebody has changed something else than the event: a credential, an address.
    AfterAChange,
    Never,
}

impl Nack {
    /// It was refused, and may be taken a little later.
    pub(crate) fn temporary(reason: impl Into<String>) -> Self {
        Self {
            again: Again::Soon,
            is_shut: false,
            failure: PublishFailure::Refused,
            after: Duration::ZERO,
            reason: reason.into(),
        }
    }

    /// It was refused for good.
    pub(crate) fn permanent(reason: impl Into<String>) -> Self {
        Self {
            again: Again::Never,
            ..Self::temporary(reason)
        }
    }
}
