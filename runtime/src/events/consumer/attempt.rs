//! One attempt at handling an event: in its context, under a deadline, and safe from panics.

use std::any::Any;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::super::delivery::Received;
use super::super::handler::HandlerError;
use super::super::until::look;
use super::handlers::{Handler, Handling};

/// Why an attempt failed.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) kind: FailureKind,
    pub(super) text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FailureKind {
    Error,
    Panic,
    Timeout,
    RetryAfter(Duration),
    Rejected,
    Undecodable,
}

type Panic = Box<dyn Any + Send>;

impl Failure {
    fn new(kind: FailureKind, text: impl Into<String>) -> Self {
        Self {
            kind,
            text: text.into(),
        }
    }
}

impl FailureKind {
    /// As `error.type` of a span.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Panic => "panic",
            Self::Timeout => "timeout",
            Self::RetryAfter(_) => "retry_after",
            Self::Rejected => "rejected",
            Self::Undecodable => "undecodable",
        }
    }
}

/// How long an attempt may take.
#[derive(Clone, Copy)]
pub(super) struct Allowed {
    pub(super) until: Instant,
    pub(super) in_all: Duration,
}

/// Runs the handler once.
pub(super) async fn run(
    handler: &Handler,
    received: &Arc<Received>,
    attempt: u32,
    time: Allowed,
) -> Result<(), Failure> {
    let begun = catch_unwind(AssertUnwindSafe(|| handler(received, attempt)));
    match begun {
        Ok(Ok(handling)) => to_end(handling, time).await,
        Ok(Err(fault)) => Err(Failure::new(FailureKind::Undecodable, fault)),
        Err(panic) => Err(panicked(panic)),
    }
}

async fn to_end(mut handling: Handling, time: Allowed) -> Result<(), Failure> {
    let polled = poll_fn(
        |cx| match catch_unwind(AssertUnwindSafe(|| handling.as_mut().poll(cx))) {
            Ok(poll) => poll.map(Ok),
            Err(panic) => Poll::Ready(Err(panic)),
        },
    );
    let mut polled = pin!(polled);
    // A handler that waits for nothing needs no timer.
    let outcome = match look(polled.as_mut()).await {
        Poll::Ready(outcome) => Ok(outcome),
        Poll::Pending => timeout_at(time.until, polled).await,
    };
    // What the handler holds may panic when it goes.
    let dropped = catch_unwind(AssertUnwindSafe(|| drop(handling)));
    match outcome {
        Err(_) => Err(Failure::new(
            FailureKind::Timeout,
            format!("the handler took longer than {:?}", time.in_all),
        )),
        Ok(Err(panic)) => Err(panicked(panic)),
        Ok(Ok(Err(error))) => Err(failure(&error)),
        Ok(Ok(Ok(()))) => dropped.map_err(panicked),
    }
}

fn failure(error: &HandlerError) -> Failure {
    let kind = match error {
        HandlerError::Retry(_) => FailureKind::Error,
        HandlerError::RetryAfter(delay) => FailureKind::RetryAfter(*delay),
        HandlerError::Reject(_) => FailureKind::Rejected,
    };
    // The text is from the handler's own error, whose Display may panic.
    match catch_unwind(AssertUnwindSafe(|| error.to_string())) {
        Ok(text) => Failure::new(kind, text),
        Err(panic) => panicked(panic),
    }
}

fn panicked(panic: Panic) -> Failure {
    let said = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let said = said.or_else(|| panic.downcast_ref::<String>().cloned());
    // The payload may be anything, and may panic when it goes.
    let _ = catch_unwind(AssertUnwindSafe(|| drop(panic)));
    let text = said.map_or_else(
        || "the handler panicked".to_owned(),
        |said| format!("the handler panicked: {said}"),
    );
    Failure::new(FailureKind::Panic, text)
}
