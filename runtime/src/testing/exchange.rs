//! One exchange, played as its step says.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{Method, Request, Response};
use http_body::Body as _;
use tokio::time::{Instant, sleep};

use super::body::ScriptedBody;
use super::instance::Instance;
use super::step::{Outcome, Reply};
use super::{Recorded, Script, Step};
use crate::{Body, BoxError, Sent, TransportError};

/// The most bytes of a request's body that are recorded.
const BODY_MOST: usize = 1024 * 1024;

/// The most answers that may give another answer in turn.
const ANSWERS_MOST: usize = 8;

pub(super) async fn run(
    script: &Script,
    instance: &Instance,
    request: Request<Body>,
    connect_timeout: Duration,
) -> Result<Response<Body>, TransportError> {
    let step = checked(instance.dial(), instance)?;
    connect(&step, instance, connect_timeout).await?;
    instance.hits.fetch_add(1, Ordering::Relaxed);
    let recorded = receive(request).await?;
    script.record(&recorded);
    let step = decide(step, &recorded, instance)?;
    pause(step.after).await;
    match step.outcome {
        Outcome::Reply(reply) => Ok(respond(reply, &recorded, script)),
        Outcome::BlackHole | Outcome::Hang => std::future::pending().await,
        Outcome::Refused(_) | Outcome::Close | Outcome::Answer(_) => Err(closed(instance)),
        Outcome::Unprocessed => Err(turned_away(instance)),
    }
}

/// That no connection was made.
pub(super) fn no_connection(message: String) -> TransportError {
    failure(Sent::Nothing, io::ErrorKind::ConnectionRefused, message)
}

fn checked(step: Step, instance: &Instance) -> Result<Step, TransportError> {
    match step.mistake {
        None => Ok(step),
        Some(mistake) => Err(no_connection(format!(
            "the script of {}: {mistake}",
            instance.url
        ))),
    }
}

async fn connect(step: &Step, instance: &Instance, timeout: Duration) -> Result<(), TransportError> {
    let time = match step.outcome {
        Outcome::BlackHole => Duration::MAX,
        Outcome::Refused(_) => step.connect.saturating_add(step.after),
        _ => step.connect,
    };
    pause(time.min(timeout)).await;
    let url = &instance.url;
    match step.outcome {
        _ if !time.is_zero() && time >= timeout => {
            let message = format!("no connection to {url} within {timeout:?}");
            Err(failure(Sent::Nothing, io::ErrorKind::TimedOut, message))
        }
        Outcome::Refused(reason) => Err(no_connection(format!("{url}: {reason}"))),
        _ => Ok(()),
    }
}

/// Reads the request to its end, as a server does.
async fn receive(request: Request<Body>) -> Result<Recorded, TransportError> {
    let (head, mut body) = request.into_parts();
    let (mut kept, mut length) = (BytesMut::new(), 0);
    while let Some(chunk) = next_chunk(&mut body).await {
        let chunk = chunk.map_err(|error| TransportError::new(Sent::Perhaps, error))?;
        length += chunk.len() as u64;
        kept.extend_from_slice(&chunk[..chunk.len().min(BODY_MOST - kept.len())]);
    }
    Ok(Recorded {
        at: Instant::now(),
        method: head.method,
        uri: head.uri,
        headers: head.headers,
        body: kept.freeze(),
        body_len: length,
    })
}

async fn next_chunk(body: &mut Body) -> Option<Result<Bytes, BoxError>> {
    loop {
        let frame = poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await?;
        match frame.map(http_body::Frame::into_data) {
            Ok(Ok(chunk)) => return Some(Ok(chunk)),
            Ok(Err(_trailers)) => {}
            Err(error) => return Some(Err(error)),
        }
    }
}

/// Follows answers to what is no answer.
fn decide(mut step: Step, request: &Recorded, instance: &Instance) -> Result<Step, TransportError> {
    for _ in 0..ANSWERS_MOST {
        let Outcome::Answer(answer) = &step.outcome else {
            return Ok(step);
        };
        let (answer, before) = (answer(request), step.after);
        step = checked(answer, instance)?;
        step.after = step.after.saturating_add(before);
    }
    let mistake = format!("an answer gives an answer {ANSWERS_MOST} times over");
    checked(step.mistaken(mistake), instance)
}

fn respond(reply: Reply, request: &Recorded, script: &Script) -> Response<Body> {
    let body = match request.method {
        Method::HEAD => Body::empty(),
        _ => Body::wrap(ScriptedBody::new(reply.pieces, reply.end, script.open_body())),
    };
    let mut response = Response::new(body);
    *response.status_mut() = reply.status;
    *response.headers_mut() = reply.headers;
    response
}

fn closed(instance: &Instance) -> TransportError {
    let message = format!("{} closed the connection before it answered", instance.url);
    failure(Sent::Perhaps, io::ErrorKind::UnexpectedEof, message)
}

fn turned_away(instance: &Instance) -> TransportError {
    let message = format!("{} did not act on the request", instance.url);
    failure(Sent::Unprocessed, io::ErrorKind::ConnectionAborted, message)
}

pub(super) fn failure(sent: Sent, kind: io::ErrorKind, message: impl Into<BoxError>) -> TransportError {
    TransportError::new(sent, io::Error::new(kind, message))
}

/// No time at all is no turn through the timer.
async fn pause(time: Duration) {
    if !time.is_zero() {
        sleep(time).await;
    }
}
