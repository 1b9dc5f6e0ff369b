//! The service for the subscriber's own server: takes the requests of the messaging service.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::HeaderMap;
use http::{Method, Request, Response, StatusCode};
use http_body::Body as HttpBody;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tower_service::Service;

use super::super::super::format;
use super::super::super::text::Text;
use super::answer::Refusal;
use super::line::{Answer, Line, Waiting};
use super::{HttpBus, request};
use crate::{Body, BoxError};

/// What an event is larger on its way than by itself.
const AROUND: usize = 64 * 1024;
/// The bytes of all requests that are held, in KiB; each counts as 64 KiB at least, so that they are 1024 at most.
const ROOM: usize = 64 * 1024;
const LEAST: usize = 64;

/// How long an event may wait for a handler to be free.
const PATIENCE: Duration = Duration::from_secs(30);
/// When to come again where nothing better is known.
const SOON: Duration = Duration::from_secs(1);

/// A tower service that takes the events of a group from the messaging service; made by
/// [`Events::callbacks`](crate::Events::callbacks).
///
/// It belongs into the subscriber's own server, at the address that the subscription has registered:
/// `/internal/events/{event_type}` unless set. The body says which event it is. A cheap clone.
///
/// | answer | when |
/// |---|---|
/// | 200 | the event was handled, now or before |
/// | 400 | the body is no event |
/// | 404 | no running subscription of the group handles events of this name |
/// | 405, 408, 413 | it is no `POST`; its body takes longer than 30 s; it is larger than an event may be and 64 KiB |
/// | 422 | the event is a dead letter, listed by [`Events::dead`](crate::Events::dead) until the process ends |
/// | 503 | with `Retry-After`: the event failed and is to be sent again, no subscription is running, or too much waits |
///
/// The messaging service keeps an event until it has a 2xx, so that is given for nothing but an event that was handled;
/// until then the request is open. The first three attempts are made at once. Those after the steps of the ladder are made
/// when the messaging service sends the event again: that it does, and not before `Retry-After`, is up to it. Attempts are
/// counted in memory, of the latest 4096 events that failed.
///
/// Where several subscriptions of the group handle an event, it is sent again as long as one of them wants it; the others
/// do not handle it again: what is a dead letter of one is left alone, and what it has handled its inbox knows.
///
/// At most 64 MiB of requests are held, each of 64 KiB at least; one that no handler was free for within 30 s is told to
/// come again.
///
/// ```
/// use trunkline::{Client, Delivery, HandlerError};
/// # use axum::Router;
/// # use serde_json::Value;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> trunkline::Result<()> {
/// let events = Client::builder().events("http://messaging:8000").build()?.events();
/// let app: Router = Router::new().nest_service("/internal/events", events.callbacks("agent-service")?);
/// # drop(app);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Callbacks {
    bus: Arc<HttpBus>,
    group: Text,
    /// The most bytes of a request.
    limit: usize,
    room: Arc<Semaphore>,
}

impl Callbacks {
    pub(crate) fn new(bus: &Arc<HttpBus>, group: Text, max_event: usize) -> Self {
        let limit = max_event.saturating_add(AROUND);
        // The largest event has room in any case.
        let room = ROOM.max(kilobytes(limit)).min(Semaphore::MAX_PERMITS);
        Self {
            bus: Arc::clone(bus),
            group,
            limit,
            room: Arc::new(Semaphore::new(room)),
        }
    }

    async fn receive<B>(self, request: Request<B>) -> Response<Body>
    where
        B: HttpBody<Data = Bytes>,
        B::Error: Into<BoxError>,
    {
        match self.hold(request).await {
            Ok(answer) => answer.into_response(),
            Err(refusal) => refusal.into_response(),
        }
    }

    async fn hold<B>(&self, request: Request<B>) -> Result<Answer, Refusal>
    where
        B: HttpBody<Data = Bytes>,
        B::Error: Into<BoxError>,
    {
        let room = self.admit(request.method(), request.headers())?;
        let (head, body) = request.into_parts();
        let mut wire = request::read(&head.headers, body, self.limit).await?;
        let unreadable =
            |reason: format::Unreadable| Refusal::new(StatusCode::BAD_REQUEST, reason.to_string());
        let message = format::read(&wire).map_err(unreadable)?;
        let lines = self.lines(&message.name)?;
        // Where dead letters are found by it.
        wire.properties.message_id = Some(message.id.clone()).filter(|id| !id.is_empty());
        let (message, room) = (Arc::new(message), Arc::new(room));
        let waiting: Vec<Waiting> = lines
            .iter()
            .map(|line| line.offer(&message, wire.clone(), Arc::clone(&room)))
            .collect();
        drop(room);
        let patience = Instant::now() + PATIENCE;
        let mut worst = Answer::Handled;
        for waiting in waiting {
            let answer = waiting.answer(patience).await;
            worst = worst.or_worse(answer.unwrap_or(Answer::Again(SOON)));
        }
        if worst == Answer::Dead {
            for line in &lines {
                line.forget(&message);
            }
        }
        Ok(worst)
    }

    /// Room for the request, before any of its body is read.
    fn admit(&self, method: &Method, headers: &HeaderMap) -> Result<OwnedSemaphorePermit, Refusal> {
        if method != Method::POST {
            return Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "expected POST"));
        }
        if self.bus.lines(&self.group).is_empty() {
            return Err(closed());
        }
        let length = request::length(headers).unwrap_or(self.limit);
        if length > self.limit {
            return Err(Refusal::too_large(self.limit));
        }
        let room = u32::try_from(kilobytes(length).max(LEAST)).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.room).try_acquire_many_owned(room);
        room.map_err(|_| Refusal::busy("too many events wait", SOON))
    }

    /// One open line for each subscription of the group that handles the name: where there are several, the shortest.
    fn lines(&self, name: &str) -> Result<Vec<Arc<Line>>, Refusal> {
        let open = self.bus.lines(&self.group);
        if open.is_empty() {
            return Err(closed());
        }
        let mut lines: Vec<Arc<Line>> = Vec::new();
        for line in open.into_iter().filter(|line| line.handles(name)) {
            match lines.iter_mut().find(|known| known.label() == line.label()) {
                Some(known) if known.length() <= line.length() => {}
                Some(known) => *known = line,
                None => lines.push(line),
            }
        }
        if lines.is_empty() {
            return Err(Refusal::new(
                StatusCode::NOT_FOUND,
                "no subscription handles events of this name",
            ));
        }
        Ok(lines)
    }
}

impl<B> Service<Request<B>> for Callbacks
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let receiving = self.clone().receive(request);
        Box::pin(async move { Ok(receiving.await) })
    }
}

impl fmt::Debug for Callbacks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callbacks")
            .field("group", &self.group)
            .finish_non_exhaustive()
    }
}

fn closed() -> Refusal {
    Refusal::busy("no subscription is running", SOON)
}

fn kilobytes(bytes: usize) -> usize {
    bytes.div_ceil(1024)
}
