//! Who may still begin a call, and who is under way: what a shutdown waits for.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::timeout;

use crate::{Error, ErrorKind};

/// A shutdown waits at most a year: a longer grace means for ever, and a clock has an end.
pub(crate) const LONGEST_GRACE: Duration = Duration::from_secs(365 * 24 * 3600);

/// Nobody is let in any more.
const DRAINING: usize = 1 << (usize::BITS - 1);
/// Nobody makes another attempt.
const CLOSED: usize = 1 << (usize::BITS - 2);
const COUNT: usize = CLOSED - 1;

/// The number of calls in flight and whether more are let in, in one word.
#[derive(Debug, Default)]
pub(crate) struct Admission {
    state: AtomicUsize,
    empty: Notify,
}

/// A call that is under way, until this is dropped.
#[derive(Debug)]
pub(crate) struct InFlight(Arc<Admission>);

/// The same, of a call that does not outlive what it borrows: it touches one counter, and not two.
#[derive(Debug)]
pub(crate) struct Entered<'a>(&'a Arc<Admission>);

/// How a shutdown ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Shutdown {
    /// The calls, and the handlers of events, that were still running when the grace was over; 0 when all came to their
    /// end.
    pub abandoned: usize,
}

impl Admission {
    /// Lets a call in, unless the client is being shut down.
    pub(crate) fn enter(self: &Arc<Self>) -> Result<Entered<'_>, Error> {
        let entered = Entered(self);
        let before = self.state.fetch_add(1, Ordering::AcqRel);
        if before & DRAINING == 0 {
            Ok(entered)
        } else {
            Err(shutting_down())
        }
    }

    /// Whether a call that is under way may make another attempt.
    pub(crate) fn check_open(&self) -> Result<(), Error> {
        if self.state.load(Ordering::Acquire) & CLOSED == 0 {
            Ok(())
        } else {
            Err(shutting_down())
        }
    }

    pub(crate) async fn shutdown(&self, grace: Duration) -> Shutdown {
        self.state.fetch_or(DRAINING, Ordering::AcqRel);
        let drained = async {
            loop {
                let empty = self.empty.notified();
                if self.in_flight() == 0 {
                    return;
                }
                empty.await;
            }
        };
        // Time running out is the other way to be done; what is left is counted.
        let is_drained = timeout(grace, drained).await.is_ok();
        self.state.fetch_or(CLOSED, Ordering::AcqRel);
        // Who is refused is counted for a moment, too.
        let abandoned = if is_drained { 0 } else { self.in_flight() };
        Shutdown { abandoned }
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.state.load(Ordering::Acquire) & COUNT
    }

    fn leave(&self) {
        let before = self.state.fetch_sub(1, Ordering::AcqRel);
        if before & COUNT == 1 && before & DRAINING != 0 {
            self.empty.notify_waiters();
        }
    }
}

impl Entered<'_> {
    /// For what outlives the call.
    pub(crate) fn into_owned(self) -> InFlight {
        let in_flight = InFlight(Arc::clone(self.0));
        // It goes on being counted, once.
        std::mem::forget(self);
        in_flight
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.0.leave();
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.leave();
    }
}

pub(crate) fn shutting_down() -> Error {
    Error::new(ErrorKind::ShuttingDown, "the client is being shut down")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn shutdown_waits_for_the_last_call() {
        let admission = Arc::new(Admission::default());
        let call = admission.enter().unwrap().into_owned();
        let waiting = tokio::spawn({
            let admission = Arc::clone(&admission);
            async move { admission.shutdown(Duration::from_secs(10)).await }
        });
        tokio::task::yield_now().await;
        assert_eq!(admission.enter().unwrap_err().kind(), ErrorKind::ShuttingDown);
        assert!(admission.check_open().is_ok());
        drop(call);
        assert_eq!(waiting.await.unwrap(), Shutdown { abandoned: 0 });
    }

    #[test]
    fn who_is_refused_is_not_abandoned() {
        let admission = Arc::new(Admission::default());
        std::thread::scope(|scope| {
            let refused = scope.spawn(|| (0..300_000).for_each(|_| drop(admission.enter())));
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = runtime.enable_time().build().expect("a runtime");
            while !refused.is_finished() {
                let shutdown = runtime.block_on(admission.shutdown(Duration::from_secs(60)));
                assert_eq!(shutdown, Shutdown { abandoned: 0 });
            }
        });
    }

    #[tokio::test(start_paused = true)]
    async fn shutdown_counts_what_is_left_after_the_grace() {
        let admission = Arc::new(Admission::default());
        let _call = admission.enter().unwrap();
        assert_eq!(
            admission.shutdown(Duration::from_secs(1)).await,
            Shutdown { abandoned: 1 }
        );
        assert_eq!(
            admission.check_open().unwrap_err().kind(),
            ErrorKind::ShuttingDown
        );
    }
}
