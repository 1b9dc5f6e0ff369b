//! The context of the running task.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Poll, ready};

use pin_project_lite::pin_project;
use tokio::task::JoinHandle;
use tokio::task::futures::TaskLocalFuture;
use tokio::time::Instant;
use tracing::Span;

use super::Context;
use super::id::Id;

tokio::task_local! {
    static CURRENT: Current;
}

/// What a scope has: its context, and the span that says its ids.
struct Current {
    context: RefCell<Kept>,
    span: Span,
}

/// The context of a scope. What nobody asks for is not made.
enum Kept {
    Made(Context),
    /// That of what is handled, with this as its deadline.
    Later(Arc<dyn MakeContext>, Instant),
}

/// What is handled in a context of its own.
pub(crate) trait MakeContext: Send + Sync {
    /// The context, without a deadline; the same one each time.
    fn context(&self) -> &Context;
}

impl Current {
    fn new(context: Kept, span: Span) -> Self {
        Self {
            context: RefCell::new(context),
            span,
        }
    }
}

impl Kept {
    fn get(&mut self) -> &mut Context {
        if let Self::Later(handled, deadline) = self {
            *self = Self::Made(handled.context().clone().with_deadline(*deadline));
        }
        match self {
            Self::Made(context) => context,
            Self::Later(..) => unreachable!("it was made above"),
        }
    }
}

pin_project! {
    /// A future that runs in a context; made by [`scope`].
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Scope<F> {
        #[pin]
        inner: TaskLocalFuture<Current, F>,
    }
}

/// Runs a future in this context: calls made inside carry its ids and keep its deadline.
///
/// A scope inside a scope replaces it for as long as it runs. Tasks that the future starts have no context, unless
/// they are started by [`spawn`].
///
/// ```
/// use trunkline::context::{self, Context};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let seen = context::scope(Context::new().with_trace_id("a"), async { context::trace_id() }).await;
/// assert_eq!(seen.as_deref(), Some("a"));
/// # }
/// ```
pub fn scope<F: Future>(context: Context, future: F) -> Scope<F> {
    scope_in(context, Span::none(), future)
}

/// The same, where this span says the ids of the context: it is told of another trace id.
pub(super) fn scope_in<F: Future>(context: Context, span: Span, future: F) -> Scope<F> {
    scope_of(Current::new(Kept::Made(context), span), future)
}

/// Runs a future in the context of what it handles, which ends at this time.
pub(crate) fn scope_later<F: Future>(
    handled: Arc<dyn MakeContext>,
    deadline: Instant,
    future: F,
) -> Scope<F> {
    scope_of(Current::new(Kept::Later(handled, deadline), Span::none()), future)
}

fn scope_of<F: Future>(current: Current, future: F) -> Scope<F> {
    Scope {
        inner: CURRENT.scope(current, future),
    }
}

/// The context of the scope around; `None` outside of any.
pub fn current() -> Option<Context> {
    with(|context| context.clone())
}

fn with<R>(look: impl FnOnce(&mut Context) -> R) -> Option<R> {
    CURRENT
        .try_with(|current| look(current.context.borrow_mut().get()))
        .ok()
}

/// The trace id of the scope around; `None` outside of any.
pub fn trace_id() -> Option<String> {
    with(|context| context.trace_id().to_owned())
}

/// Gives the scope around another trace id, for the calls and the logs that follow, and says whether it did.
///
/// `false`, and nothing changes, outside of a scope and for an id that is not 1 to 128 visible ASCII characters.
/// Contexts that were taken from the scope before, by [`current`] or [`spawn`], keep theirs.
///
/// ```
/// use trunkline::context::{self, Context};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// assert!(!context::set_trace_id("nowhere"));
/// context::scope(Context::new(), async {
///     assert!(context::set_trace_id("order-17"));
///     assert!(!context::set_trace_id("two words"));
///     assert_eq!(context::trace_id().as_deref(), Some("order-17"));
/// })
/// .await;
/// # }
/// ```
pub fn set_trace_id(id: &str) -> bool {
    let Some(id) = Id::parse(id) else { return false };
    let rename = |current: &Current| {
        current.span.record("trace_id", id.as_str());
        let mut kept = current.context.borrow_mut();
        let context = kept.get();
        *context = context.clone().change(|carried| carried.name_trace(id));
    };
    CURRENT.try_with(rename).is_ok()
}

/// Starts a task that runs in the context of the scope around, as it is now; outside of a scope it is `tokio::spawn`.
///
/// # Panics
/// Outside of a tokio runtime, as `tokio::spawn` does.
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    match current() {
        Some(context) => tokio::spawn(scope(context, future)),
        None => tokio::spawn(future),
    }
}

/// Runs what is not a future in this context.
pub(super) fn enter<R>(context: Context, run: impl FnOnce() -> R) -> R {
    CURRENT.sync_scope(Current::new(Kept::Made(context), Span::none()), run)
}

impl<F: Future> Scope<F> {
    /// Polls to the end, which also gives the context as it is then.
    pub(super) fn poll_to_end(
        self: Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> Poll<(F::Output, Option<Context>)> {
        let mut inner = self.project().inner;
        let output = ready!(inner.as_mut().poll(cx));
        let context = |current: Current| current.context.into_inner().get().clone();
        Poll::Ready((output, inner.take_value().map(context)))
    }
}

impl<F: Future> Future for Scope<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> Poll<F::Output> {
        self.project().inner.poll(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(id: &str) -> Context {
        Context::new().with_trace_id(id)
    }

    #[tokio::test]
    async fn there_is_no_context_outside_of_a_scope() {
        assert!(current().is_none());
        assert_eq!(trace_id(), None);
        assert!(!set_trace_id("a"));
    }

    #[tokio::test]
    async fn an_inner_scope_replaces_the_outer_one_while_it_runs() {
        let seen = scope(named("outer"), async {
            let inside = scope(named("inner"), async { trace_id() }).await;
            (inside, trace_id())
        });
        assert_eq!(seen.await, (Some("inner".into()), Some("outer".into())));
    }

    #[tokio::test]
    async fn scopes_that_take_turns_do_not_mix() {
        let turn = |id: &'static str| {
            scope(named(id), async move {
                for _ in 0..10 {
                    tokio::task::yield_now().await;
                    assert_eq!(trace_id().as_deref(), Some(id));
                }
            })
        };
        tokio::join!(turn("a"), turn("b"), turn("c"));
    }

    #[tokio::test]
    async fn a_new_trace_id_is_seen_by_what_follows_alone() {
        scope(named("before"), async {
            let taken = current().expect("in a scope");
            assert!(set_trace_id("after"));
            assert_eq!(taken.trace_id(), "before");
            let now = current().expect("in a scope");
            assert_eq!((now.trace_id(), now.request_id()), ("after", taken.request_id()));
        })
        .await;
    }

    #[tokio::test]
    async fn an_illegal_trace_id_is_refused() {
        scope(named("kept"), async {
            for id in ["", "two words", "ümlaut", &"x".repeat(129)] {
                assert!(!set_trace_id(id), "{id}");
            }
            assert_eq!(trace_id().as_deref(), Some("kept"));
        })
        .await;
    }

    #[tokio::test]
    async fn spawn_carries_the_context_and_tokio_spawn_does_not() {
        scope(named("carried"), async {
            let with = spawn(async { trace_id() }).await.expect("no panic");
            let without = tokio::spawn(async { trace_id() }).await.expect("no panic");
            assert_eq!((with.as_deref(), without), (Some("carried"), None));
        })
        .await;
        assert_eq!(spawn(async { trace_id() }).await.expect("no panic"), None);
    }
}
