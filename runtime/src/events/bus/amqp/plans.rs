//! The queues of the subscriptions of this process, for whoever has to bind them again.

use std::sync::{Arc, Mutex, Weak};

use super::topology::SubscriptionPlan;
use crate::client::lock;

/// Those that run.
#[derive(Default)]
pub(super) struct Plans(Mutex<Vec<Weak<SubscriptionPlan>>>);

impl Plans {
    /// This one is listed for as long as somebody has it.
    pub(super) fn add(&self, plan: &Arc<SubscriptionPlan>) {
        let mut plans = lock(&self.0);
        plans.retain(|plan| plan.strong_count() > 0);
        plans.push(Arc::downgrade(plan));
    }

    pub(super) fn all(&self) -> Vec<Arc<SubscriptionPlan>> {
        lock(&self.0).iter().filter_map(Weak::upgrade).collect()
    }
}
