//! One physical try: one request to one instance, its redirects, and the body where it is read here.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode, Uri};
use tokio::time::{Instant, Sleep, sleep_until};

use super::breaker::{LEASE_SLACK, Permit};
use super::classify::Class;
use super::deadline::Deadline;
use super::prepare::Prepared;
use super::read::Wants;
use super::redirect::{Redirect, Redirects};
use super::timer::Pauses;
use super::{Instance, body, headers};
use crate::body::Outgoing;
use crate::client::Plan;
use crate::config::Limits;
use crate::context::CallContext;
use crate::transport::{Incoming, IncomingBody, Pending, Sent, TransportError};
use crate::{Body, BoxError, Error, ErrorKind};

/// What an attempt needs to know.
pub(crate) struct Attempt<'a> {
    pub(crate) call: &'a Prepared,
    pub(crate) context: &'a CallContext,
    pub(crate) plan: &'a Plan,
    pub(crate) instance: &'a Instance,
    pub(crate) limits: &'a Limits,
    pub(crate) deadline: &'a Deadline,
    pub(crate) begun: Instant,
    /// 0 for the first.
    pub(crate) number: u32,
}

/// One request whose answer is still to come, and what is known of its body.
struct Exchange {
    pending: Pending,
    outgoing: Outgoing,
}

impl Exchange {
    /// Why it came to nothing: the stream's own failure, if there was one. A stream that was not read is back in `body`.
    fn end(self, body: &mut Body, failed: Failed) -> Failed {
        let Self { pending, outgoing } = self;
        // It holds the stream for as long as there is no connection.
        drop(pending);
        outgoing.failure(body).map_or(failed, Failed::body_failed)
    }
}

/// How long a body is waited for that nobody gets, so that its connection may be used again.
const NOBODYS: Duration = Duration::from_millis(100);

/// What came of an attempt.
pub(crate) type Outcome = Result<Answered, Failed>;

/// The server answered.
pub(crate) struct Answered {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: AnswerBody,
}

/// As much of the body as was read here.
pub(crate) enum AnswerBody {
    /// All of a value's body, or the beginning of another's.
    Read(Bytes),
    /// Nothing yet: the caller reads it, or it is an error's, and how long it is waited for depends on what comes next.
    Unread(Box<IncomingBody>),
}

impl Answered {
    /// Whether an attempt's outcome is an error that nobody has read yet.
    pub(crate) fn is_unread_error(outcome: &Outcome, wants: Wants) -> bool {
        match outcome {
            Ok(answered) => {
                matches!(answered.body, AnswerBody::Unread(_)) && !(wants.accepts)(answered.status)
            }
            Err(_) => false,
        }
    }
}

/// Reads what an error says of itself, with pauses of this length at most, until this time at the latest.
pub(crate) async fn read_error(outcome: &mut Outcome, wants: Wants, idle: Duration, until: Instant) {
    if Answered::is_unread_error(outcome, wants)
        && let Ok(answered) = outcome
        && let AnswerBody::Unread(body) = &mut answered.body
    {
        let timer = pin!(sleep_until(until));
        let mut pauses = Pauses::new(timer, idle, until);
        answered.body = AnswerBody::Read(body::beginning(body, &mut pauses).await);
    }
}

/// Reads what the call's last answer says of itself: the caller gets it, unless the error stands for an absent value.
pub(crate) async fn read_last_error(plan: &Plan, deadline: &Deadline, outcome: &mut Outcome, wants: Wants) {
    let mut until = deadline.at();
    if outcome
        .as_ref()
        .is_ok_and(|answered| plan.is_absent(answered.status))
    {
        until = until.min(Instant::now() + NOBODYS);
    }
    read_error(outcome, wants, plan.policy.idle_timeout, until).await;
}

/// The server did not answer, or not with anything that can be used.
pub(crate) struct Failed {
    pub(crate) class: Class,
    pub(crate) error: Error,
    /// Whether it says something about the instance.
    pub(crate) blames_instance: bool,
}

impl Failed {
    pub(crate) fn new(class: Class, error: Error) -> Self {
        Self {
            class,
            error,
            blames_instance: !matches!(class, Class::Answered | Class::Unprocessed),
        }
    }

    pub(crate) fn transport(error: TransportError) -> Self {
        let class = match error.sent() {
            Sent::Nothing => Class::NotSent,
            Sent::Unprocessed => Class::Unprocessed,
            Sent::Perhaps => Class::Ambiguous,
        };
        let what = if class == Class::NotSent {
            "no connection"
        } else {
            "the connection broke"
        };
        Self::new(
            class,
            Error::new(error.kind(), format!("{what}: {error}")).with_source(error),
        )
    }

    /// The server may have seen the beginning of the body, and is not to blame for its end.
    fn body_failed(cause: BoxError) -> Self {
        let message = format!("the request's body failed: {cause}");
        Self {
            class: Class::Ambiguous,
            error: Error::new(ErrorKind::Request, message).with_source(cause),
            blames_instance: false,
        }
    }
}

impl<'a> Attempt<'a> {
    /// When it has to have the response's head.
    fn limit(&self) -> Instant {
        let end = self.deadline.at();
        let timeout = self.limits.attempt_timeout;
        timeout.map_or(end, |timeout| end.min(self.begun + timeout))
    }

    /// Sends the request and reads what may be read, within the attempt's time.
    ///
    /// A permit that is a probe ends with the head; another takes its place where the breaker gives one.
    #[expect(clippy::manual_async_fn, reason = "an async fn holds its arguments twice")]
    pub(crate) fn run(
        &self,
        body: &mut Body,
        permit: &mut Option<Permit<'a>>,
        wants: Wants,
    ) -> impl Future<Output = Outcome> {
        async move {
            let mut timer = pin!(sleep_until(self.limit()));
            let mut incoming = {
                let mut redirects =
                    Redirects::new(&self.call.endpoint.labels.method, self.plan.policy.redirects);
                let replayable = body.is_replayable();
                let mut exchange = self.send(body, &redirects, self.uri()?, self.begun);
                loop {
                    let head = poll_fn(|cx| self.poll_head(&mut exchange.pending, timer.as_mut(), cx)).await;
                    // Not by `?`, which copies the head once more.
                    let incoming = match head {
                        Ok(incoming) => incoming,
                        Err(failed) => return Err(exchange.end(body, failed)),
                    };
                    match redirects.next(&incoming, replayable, || self.uri().ok()) {
                        Redirect::Stay => break incoming,
                        Redirect::Follow(uri) => exchange = self.send(body, &redirects, uri, Instant::now()),
                        Redirect::TooMany(error) => return Err(Failed::new(Class::Answered, error)),
                    }
                }
            };
            let status = incoming.status;
            self.head_came(permit, status);
            let body = if (wants.accepts)(status) && !wants.streamed {
                let max = self.call.service.shared().max_body;
                let mut pauses = Pauses::new(timer, self.plan.policy.idle_timeout, self.deadline.at());
                let read = body::whole(&mut incoming.body, max, &mut pauses).await;
                AnswerBody::Read(read.map_err(|unreadable| self.unreadable(unreadable, status))?)
            } else {
                AnswerBody::Unread(Box::new(incoming.body))
            };
            Ok(Answered {
                status,
                headers: incoming.headers,
                body,
            })
        }
    }

    /// A probe ends with the head: its lease is as long as an attempt, and a body may take longer.
    fn head_came(&self, permit: &mut Option<Permit<'a>>, status: StatusCode) {
        let Some(probe) = permit.take_if(|permit| permit.is_probe() && !status.is_server_error()) else {
            return;
        };
        let now = Instant::now();
        probe.success(now);
        let random = &self.call.service.shared().random;
        let admit = |policy| {
            self.instance
                .breaker
                .admit(policy, now, || LEASE_SLACK, random)
                .ok()
        };
        *permit = self.limits.breaker.as_ref().and_then(admit);
    }

    /// Puts a request together and hands it over.
    fn send(&self, body: &mut Body, redirects: &Redirects<'_>, uri: Uri, now: Instant) -> Exchange {
        let remaining = self.deadline.remaining(now);
        let mut headers = headers::of_attempt(self.call, self.context, self.plan, self.number, remaining);
        if redirects.left_origin() {
            headers::keep_safe(&mut headers, self.plan.idempotency.as_ref());
        }
        let (body, outgoing) = body.for_attempt();
        let mut request = Request::new(body);
        *request.method_mut() = redirects.method().clone();
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        Exchange {
            pending: self.plan.transport.exchange(request),
            outgoing,
        }
    }

    /// The head of a response, within the attempt's time.
    fn poll_head(
        &self,
        pending: &mut Pending,
        timer: Pin<&mut Sleep>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Incoming, Failed>> {
        match Pin::new(pending).poll(cx) {
            Poll::Ready(Ok(incoming)) => Poll::Ready(Ok(incoming)),
            Poll::Ready(Err(error)) => Poll::Ready(Err(Failed::transport(error))),
            Poll::Pending => {
                ready!(timer.poll(cx));
                Poll::Ready(Err(self.timed_out(self.limit(), "no response")))
            }
        }
    }

    /// Where the first request goes.
    fn uri(&self) -> Result<Uri, Failed> {
        let uri = self.instance.uri(&self.call.target);
        uri.map_err(|error| self.bad_uri(&error))
    }

    /// Why the body of a value could not be read.
    fn unreadable(&self, unreadable: body::Unreadable, status: StatusCode) -> Failed {
        match unreadable {
            body::Unreadable::TimedOut(at) => self.timed_out(at, "the body stalled: nothing"),
            body::Unreadable::Broken(error) => Failed::transport(error),
            body::Unreadable::TooLarge => {
                let max = self.call.service.shared().max_body;
                Failed::new(Class::Answered, too_large(status, max))
            }
        }
    }

    /// Whose time ran out: the whole call's, or this attempt's alone.
    fn timed_out(&self, at: Instant, what: &str) -> Failed {
        if at >= self.deadline.at() {
            let blames_instance = !self.deadline.is_inherited();
            return Failed {
                class: Class::Ambiguous,
                error: self.deadline.exceeded(),
                blames_instance,
            };
        }
        let timeout = self.limits.attempt_timeout.filter(|_| at == self.limit());
        let waited = timeout.unwrap_or(self.plan.policy.idle_timeout);
        Failed::new(
            Class::Ambiguous,
            Error::new(ErrorKind::Timeout, format!("{what} within {waited:?}")),
        )
    }

    fn bad_uri(&self, error: &http::Error) -> Failed {
        // Of the path its template: the values are long, and may be nobody else's. The error has the instance's address.
        let template = &self.call.endpoint.labels.template;
        let message = format!("`{template}` with its arguments makes no address: {error}");
        Failed::new(Class::Answered, Error::new(ErrorKind::Request, message))
    }
}

fn too_large(status: StatusCode, max: usize) -> Error {
    let message = format!("{status}, but its body is larger than the {max} bytes that are read into memory");
    Error::new(ErrorKind::Decode, message).with_status(status.as_u16())
}
