//! The tower layer that sets the context of every inbound request.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Waker, Poll, ready};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;
use tracing::Span;
use tracing::field::Empty;

use super::current::{Scope, enter, scope_in};
use super::names::X_TRACE_ID;
use super::{Context, inbound};
use crate::random::Random;

/// A tower layer that runs each request of a server in the [`Context`] of its headers.
///
/// It works with every server that speaks tower and the `http` crate, such as axum and tonic: with axum it is
/// `Router::new().route(..).layer(ContextLayer::new())`. The handler runs in a [`scope`](super::scope) and in a span `request` of
/// the target `trunkline` at INFO, with the fields `trace_id`, `request_id`, `http.request.method` and, at the end,
/// `http.response.status_code`; the response carries the trace id as `x-trace-id`.
///
/// It does not end a handler whose deadline is over: the handler may have an answer at hand. Its calls fail with
/// `DeadlineExceeded` and send nothing. A response's body that is streamed after the handler has ended is outside of
/// the scope.
///
/// ```
/// use tower::{Layer, ServiceExt, service_fn};
/// use trunkline::context::{self, ContextLayer};
/// use trunkline::http::{Request, Response};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let handler = service_fn(|_: Request<()>| async { Ok::<_, std::io::Error>(Response::new(context::trace_id())) });
/// let server = ContextLayer::new().layer(handler);
/// let request = Request::builder().header("x-trace-id", "order-17").body(()).unwrap();
/// let response = server.oneshot(request).await.unwrap();
/// assert_eq!(response.headers()["x-trace-id"], "order-17");
/// assert_eq!(response.body().as_deref(), Some("order-17"));
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ContextLayer {
    random: Arc<Random>,
    logging: bool,
}

impl ContextLayer {
    /// A layer whose new ids are unlike any other's.
    pub fn new() -> Self {
        Self {
            random: Arc::new(Random::from_entropy()),
            logging: true,
        }
    }

    /// Whether requests make spans and events. `true` unless set; a layer knows no client, so what
    /// [`ClientBuilder::logging`](crate::ClientBuilder::logging) and `LOGGING_ENABLED` say of its calls is said here again.
    #[must_use]
    pub fn logging(mut self, on: bool) -> Self {
        self.logging = on;
        self
    }
}

impl Default for ContextLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for ContextLayer {
    type Service = ContextService<S>;

    fn layer(&self, inner: S) -> ContextService<S> {
        ContextService {
            inner,
            random: Arc::clone(&self.random),
            logging: self.logging,
        }
    }
}

/// A server under a [`ContextLayer`].
#[derive(Clone, Debug)]
pub struct ContextService<S> {
    inner: S,
    random: Arc<Random>,
    logging: bool,
}

impl<S, B, R> Service<Request<B>> for ContextService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Waker<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let context = inbound::read(request.headers(), &self.random, self.logging);
        let span = if self.logging {
            request_span(&request, &context)
        } else {
            Span::none()
        };
        // A service may do its work right here and not in its future.
        let future = span.in_scope(|| enter(context.clone(), || self.inner.call(request)));
        ResponseFuture {
            inner: scope_in(context, span.clone(), future),
            span,
        }
    }
}

fn request_span<B>(request: &Request<B>, context: &Context) -> Span {
    tracing::info_span!(
        target: "trunkline",
        "request",
        otel.kind = "server",
        http.request.method = request.method().as_str(),
        http.response.status_code = Empty,
        trace_id = context.trace_id(),
        request_id = context.request_id(),
    )
}

pin_project! {
    /// The answer of a server under a [`ContextLayer`], to be.
    pub struct ResponseFuture<F> {
        #[pin]
        inner: Scope<F>,
        span: Span,
    }
}

impl<F, R, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
{
    type Output = Result<Response<R>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Waker<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let _entered = this.span.enter();
        let (output, context) = ready!(this.inner.poll_to_end(cx));
        let mut response = output?;
        this.span
            .record("http.response.status_code", response.status().as_u16());
        if let Some(context) = context {
            response
                .headers_mut()
                .insert(&X_TRACE_ID, context.0.trace_id.to_header());
        }
        Poll::Ready(Ok(response))
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use tower::{ServiceExt, service_fn};

    use super::*;
    use crate::context::{current, set_trace_id, trace_id};
    use crate::observe::capture;

    fn request(headers: &[(&str, &str)]) -> Request<()> {
        let builder = headers.iter().fold(Request::builder(), |builder, (name, value)| {
            builder.header(*name, *value)
        });
        builder.body(()).expect("legal")
    }

    #[tokio::test]
    async fn the_handler_runs_in_the_context_of_its_request() {
        let handler = service_fn(|_: Request<()>| async { Ok::<_, Infallible>(Response::new(current())) });
        let server = ContextLayer::new().layer(handler);
        let sent = [
            ("x-trace-id", "t"),
            ("x-request-id", "r"),
            ("x-request-timeout-ms", "1000"),
        ];
        let response = server.oneshot(request(&sent)).await.expect("infallible");
        let context = response.into_body().expect("in a scope");
        assert_eq!((context.trace_id(), context.request_id()), ("t", "r"));
        assert!(context.deadline().is_some());
        assert!(current().is_none());
    }

    #[tokio::test]
    async fn what_a_service_does_before_its_future_is_in_the_context_too() {
        let handler = service_fn(|_: Request<()>| {
            let seen = trace_id();
            async move { Ok::<_, Infallible>(Response::new(seen)) }
        });
        let response = ContextLayer::new()
            .layer(handler)
            .oneshot(request(&[("x-trace-id", "t")]))
            .await;
        assert_eq!(response.expect("infallible").into_body().as_deref(), Some("t"));
    }

    #[tokio::test]
    async fn the_response_echoes_the_trace_id_that_the_handler_ended_with() {
        let handler = service_fn(|_: Request<()>| async {
            set_trace_id("renamed");
            Ok::<_, Infallible>(Response::new(()))
        });
        let response = ContextLayer::new()
            .layer(handler)
            .oneshot(request(&[("x-trace-id", "t")]))
            .await;
        assert_eq!(response.expect("infallible").headers()["x-trace-id"], "renamed");
    }

    #[tokio::test]
    async fn an_expired_deadline_still_runs_the_handler() {
        let handler = service_fn(|_: Request<()>| async {
            let remaining = current().and_then(|context| context.remaining());
            Ok::<_, Infallible>(Response::new(remaining))
        });
        let response = ContextLayer::new()
            .layer(handler)
            .oneshot(request(&[("x-request-timeout-ms", "0")]))
            .await;
        assert_eq!(
            response.expect("infallible").into_body(),
            Some(std::time::Duration::ZERO)
        );
    }

    #[tokio::test]
    async fn an_error_of_the_server_passes_through() {
        let handler = service_fn(|_: Request<()>| async { Err::<Response<()>, _>("broken") });
        let outcome = ContextLayer::new().layer(handler).oneshot(request(&[])).await;
        assert_eq!(outcome.expect_err("broken"), "broken");
    }

    #[tokio::test]
    async fn the_handler_runs_in_a_span_with_its_ids() {
        capture::start();
        let handler = service_fn(|_: Request<()>| async {
            tracing::info!("inside");
            Ok::<_, Infallible>(Response::new(()))
        });
        let sent = [("x-trace-id", "t"), ("x-request-id", "r")];
        ContextLayer::new()
            .layer(handler)
            .oneshot(request(&sent))
            .await
            .expect("infallible");
        let seen = capture::seen();
        let [span, event] = &*seen else {
            panic!("a span and an event, not {seen:?}")
        };
        assert_eq!(
            (span.name, span.target, span.level),
            ("request", "trunkline", tracing::Level::INFO)
        );
        let fields = [
            "trace_id",
            "request_id",
            "http.request.method",
            "otel.kind",
            "http.response.status_code",
        ];
        assert_eq!(
            fields.map(|name| span.field(name).unwrap_or_default()),
            ["t", "r", "GET", "server", "200"]
        );
        assert_eq!(event.parent, Some("request"));
    }

    #[tokio::test]
    async fn the_span_has_the_trace_id_that_the_handler_gave() {
        capture::start();
        let handler = service_fn(|_: Request<()>| async {
            set_trace_id("renamed");
            Ok::<_, Infallible>(Response::new(()))
        });
        let server = ContextLayer::new().layer(handler);
        let sent = request(&[("x-trace-id", "t")]);
        server.oneshot(sent).await.expect("infallible");
        assert_eq!(capture::seen()[0].field("trace_id"), Some("renamed"));
    }

    #[tokio::test]
    async fn without_logging_there_is_neither_a_span_nor_an_event() {
        capture::start();
        let handler = service_fn(|_: Request<()>| async { Ok::<_, Infallible>(Response::new(trace_id())) });
        let baggage = "x".repeat(10_000);
        let sent = request(&[
            ("x-trace-id", "t"),
            ("baggage", &baggage),
            ("x-request-timeout-ms", "soon"),
        ]);
        let server = ContextLayer::new().logging(false).layer(handler);
        let response = server.oneshot(sent).await.expect("infallible");
        assert_eq!(response.into_body().as_deref(), Some("t"));
        assert!(capture::seen().is_empty());
    }

    #[test]
    fn the_future_of_a_sendable_handler_is_sendable() {
        fn check<T: Send>(_: &T) {}
        let handler = service_fn(|_: Request<()>| async { Ok::<_, Infallible>(Response::new(())) });
        check(&ContextLayer::new().layer(handler).call(request(&[])));
    }
}
