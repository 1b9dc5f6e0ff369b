//! One physical try: one request to one instance, its redirects, and the body where it is read here.

use std::pin::{Pin, pin};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode, Uri};
use tokio::time::{Instant, Sleep, sleep_until};

use super::breaker::{LEASE_SLACK, Permit};
use super::classify::Class;
use super::deadline::Deadline;
use super::prepare::{Limits, Prepared};
use super::read::Wants;
use super::redirect::{Redirect, Redirects};
use super::timer::within;
use super::{Instance, body, headers};
use crate::client::Plan;
use crate::context::CallContext;
use crate::transport::{Incoming, IncomingBody, Sent, TransportError};
use crate::{Body, BoxError, Error, ErrorKind};

/// What an attempt needs to know.
pub(crate) struct Attempt<'a> {
    pub(crate) call: &'a Prepared,
    pub(crate) context: &'a CallContext,
    pub(crate) plan: &'a Plan,
    pub(crate) instance: &'a Instance,
    pub(crate) limits: &'a Limits<'a>,
    pub(crate) deadline: Deadline,
    pub(crate) begun: Instant,
    /// 0 for the first.
    pub(crate) number: u32,
}

/// How long an attempt reads what an error status says of itself.
const ERROR_BODY: Duration = Duration::from_secs(1);

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
    /// Nothing yet: the caller reads it.
    Unread(Box<IncomingBody>),
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

    /// Sends the request and reads what may be read, within the attempt's time; gives the permit back with the outcome.
    pub(crate) async fn run(
        &self,
        body: &mut Body,
        permit: Option<Permit<'a>>,
        wants: Wants,
    ) -> (Outcome, Option<Permit<'a>>) {
        let mut timer = pin!(sleep_until(self.limit()));
        let head = {
            let head = pin!(self.head(body));
            within(timer.as_mut(), head).await
        };
        let head = head.unwrap_or_else(|| Err(self.timed_out(self.limit(), "no response")));
        let Incoming {
            status,
            headers,
            mut body,
        } = match head {
            Ok(incoming) => incoming,
            Err(failed) => return (Err(failed), permit),
        };
        let permit = self.head_came(permit, status);
        let read = if wants.streamed && (wants.accepts)(status) {
            Ok(AnswerBody::Unread(Box::new(body)))
        } else {
            let read = self.read(status, &mut body, wants, timer).await;
            read.map(AnswerBody::Read)
        };
        let answered = |body| Answered {
            status,
            headers,
            body,
        };
        (read.map(answered), permit)
    }

    /// A probe ends with the head: its lease is as long as an attempt, and a body may take longer.
    fn head_came(&self, permit: Option<Permit<'a>>, status: StatusCode) -> Option<Permit<'a>> {
        let permit = permit?;
        if !permit.is_probe() || status.is_server_error() {
            return Some(permit);
        }
        let now = Instant::now();
        permit.success(now);
        let random = &self.call.service.shared().random;
        self.instance
            .breaker
            .admit(self.limits.breaker.as_ref()?, now, || LEASE_SLACK, random)
            .ok()
    }

    /// The head of the response at the end of all redirects.
    async fn head(&self, body: &mut Body) -> Result<Incoming, Failed> {
        let call = self.call;
        let mut redirects = Redirects::new(call.endpoint.method.clone(), self.plan.policy.redirects);
        let mut uri = self.uri()?;
        let mut now = self.begun;
        loop {
            let remaining = self.deadline.remaining(now);
            let mut headers = headers::of_attempt(call, self.context, self.plan, self.number, remaining);
            if redirects.left_origin() {
                headers::drop_credentials(&mut headers);
            }
            let replayable = body.is_replayable();
            let (sent, failure) = body.for_attempt();
            let mut request = Request::new(sent);
            *request.method_mut() = redirects.method().clone();
            *request.uri_mut() = uri;
            *request.headers_mut() = headers;
            let exchanged = self.plan.transport.exchange(request).await;
            let incoming = exchanged.map_err(|error| match failure.take() {
                Some(cause) => Failed::body_failed(cause),
                None => Failed::transport(error),
            })?;
            uri = match redirects.next(&incoming, replayable, || self.uri().ok()) {
                Redirect::Stay => return Ok(incoming),
                Redirect::Follow(uri) => uri,
                Redirect::TooMany(error) => return Err(Failed::new(Class::Answered, error)),
            };
            now = Instant::now();
        }
    }

    /// Where the first request goes.
    fn uri(&self) -> Result<Uri, Failed> {
        let uri = self.instance.uri(&self.call.target);
        uri.map_err(|error| self.bad_uri(&error))
    }

    /// The whole body of a value, the beginning of an error's.
    async fn read(
        &self,
        status: StatusCode,
        incoming: &mut IncomingBody,
        wants: Wants,
        timer: Pin<&mut Sleep>,
    ) -> Result<Bytes, Failed> {
        let mut limits = body::Limits {
            idle: self.plan.policy.idle_timeout,
            deadline: self.deadline.at(),
            timer,
        };
        if !(wants.accepts)(status) {
            // What an error says of itself is worth a moment, not the time of another attempt.
            limits.deadline = self.limit().min(Instant::now() + ERROR_BODY);
            return Ok(body::beginning(incoming, &mut limits).await);
        }
        let max = self.call.service.shared().max_body;
        let read = body::whole(incoming, max, &mut limits).await;
        read.map_err(|unreadable| match unreadable {
            body::Unreadable::TimedOut(at) => self.timed_out(at, "the body stalled: nothing"),
            body::Unreadable::Broken(error) => Failed::transport(error),
            body::Unreadable::TooLarge => Failed::new(Class::Answered, too_large(status, max)),
        })
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
        let message = format!(
            "`{}{}` is not an address: {error}",
            self.instance.address, self.call.target
        );
        Failed::new(Class::Answered, Error::new(ErrorKind::Request, message))
    }
}

fn too_large(status: StatusCode, max: usize) -> Error {
    let message = format!("{status}, but its body is larger than the {max} bytes that are read into memory");
    Error::new(ErrorKind::Decode, message).with_status(status.as_u16())
}
