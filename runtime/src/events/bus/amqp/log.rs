//! What the bus says of its connections and queues: the one place that logs them.

use std::time::Duration;

use super::Core;
use super::fault::Fault;
use super::state::Role;

/// A connection is over, or was not made, and is tried again.
pub(super) fn not_connected(core: &Core, role: Role, fault: &Fault, wait: Duration) {
    if core.logging {
        tracing::warn!(
            target: "trunkline::event", connection = role.name(), cause = fault.cause.label(), reason = %fault, ?wait,
            "no connection to the broker of events"
        );
    }
}

/// A conflict or a refusal, which is for an operator to end.
pub(super) fn not_published(core: &Core, fault: &Fault) {
    if core.logging {
        tracing::error!(target: "trunkline::event", reason = %fault, "events cannot be published");
    }
}

/// A subscription was made while no broker answered.
pub(super) fn not_begun(core: &Core, queue: &str, patience: Duration) {
    if core.logging {
        tracing::warn!(
            target: "trunkline::event", queue,
            "no broker within {patience:?}: the subscription begins once there is one"
        );
    }
}

/// A subscription has lost its channel.
pub(super) fn begins_anew(core: &Core, queue: &str, fault: &Fault, wait: Duration) {
    if core.logging {
        tracing::warn!(
            target: "trunkline::event", queue, cause = fault.cause.label(), reason = %fault, ?wait,
            "a subscription begins anew"
        );
    }
}

/// What is declared from time to time could not be.
pub(super) fn not_declared(core: &Core, queue: &str, fault: &Fault) {
    if core.logging {
        tracing::warn!(
            target: "trunkline::event", queue, cause = fault.cause.label(), reason = %fault,
            "a queue cannot be declared again"
        );
    }
}
