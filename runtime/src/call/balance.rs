//! Which instance gets the next attempt? In turn, past those that were tried and those whose breaker refuses.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::time::Instant;
use url::Url;

use super::breaker::Breaker;

/// One network address that serves a service, and what is known of it.
pub(crate) struct Instance {
    pub(crate) address: Arc<str>,
    pub(crate) base: Url,
    /// The path of the base URL without its last slash.
    base_path: Box<str>,
    pub(crate) breaker: Arc<Breaker>,
}

impl Instance {
    pub(crate) fn new(base: Url) -> Self {
        let base_path = base.path().trim_end_matches('/').into();
        Self { address: base.as_str().trim_end_matches('/').into(), base, base_path, breaker: Arc::new(Breaker::new()) }
    }

    /// The address of one request: the base, then the path and query, both encoded already.
    pub(crate) fn url(&self, target: &str) -> Result<Url, url::ParseError> {
        if self.base_path.is_empty() {
            self.base.join(target)
        } else {
            self.base.join(&[&self.base_path, target].concat())
        }
    }
}

/// The instances of a service, taken in turn.
pub(crate) struct Instances {
    list: Vec<Arc<Instance>>,
    next: AtomicUsize,
}

impl Instances {
    pub(crate) fn new(list: Vec<Arc<Instance>>) -> Self {
        Self { list, next: AtomicUsize::new(0) }
    }

    pub(crate) fn list(&self) -> &[Arc<Instance>] {
        &self.list
    }

    /// The instances in the order in which to ask them: those not tried yet, then the others.
    pub(crate) fn in_turn<'a>(&'a self, tried: &'a [Arc<str>]) -> impl Iterator<Item = &'a Arc<Instance>> {
        let start = self.next.fetch_add(1, Ordering::Relaxed);
        let turn = move |wanted: bool| {
            let count = self.list.len();
            (0..count)
                .map(move |offset| &self.list[start.wrapping_add(offset) % count])
                .filter(move |instance| tried.contains(&instance.address) == wanted)
        };
        turn(false).chain(turn(true))
    }

    /// Whether some instance was not tried yet.
    pub(crate) fn has_untried(&self, tried: &[Arc<str>]) -> bool {
        self.list.iter().any(|instance| !tried.contains(&instance.address))
    }
}
