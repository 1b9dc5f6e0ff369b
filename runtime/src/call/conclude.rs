//! What does the last outcome mean for the caller: a value, or which error?

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use super::attempt::{AnswerBody, Answered, Outcome};
use super::deadline::Deadline;
use super::read::Wants;
use super::record::Record;
use super::{Instance, Reader, retry};
use crate::client::Plan;
use crate::reply::{Bounds, Envelope, Reply, bounded, status_error};
use crate::{Body, Error};

/// Hands a value to the reader, or says why there is none.
pub(crate) fn conclude(
    plan: &Plan,
    instance: &Instance,
    record: &mut Record<'_>,
    deadline: &Deadline,
    outcome: Outcome,
    wants: Wants,
    reader: &mut dyn Reader,
) -> Result<(), Error> {
    let Answered {
        status,
        headers,
        body,
    } = match outcome {
        Ok(answered) => answered,
        Err(failed) => return Err(failed.error),
    };
    if plan.is_absent(status) {
        // JSON reads no bytes as `null`; bytes and text have none.
        return reader.read(reply(instance, status, headers, Body::empty(), None));
    }
    if !(wants.accepts)(status) {
        return Err(refused(plan, status, &headers, body));
    }
    match body {
        AnswerBody::Unread(body) => {
            let bounds = Bounds {
                idle: plan.policy.idle_timeout,
                deadline: deadline.at(),
                place: record.place(),
                guard: Box::new(record.take_in_flight()),
            };
            let body = bounded(body.into_body(), bounds);
            reader.read(reply(instance, status, headers, body, None))
        }
        AnswerBody::Read(bytes) => {
            let envelope = unwrap(plan, status, &headers, &bytes)?;
            reader.read(reply(instance, status, headers, bytes.into(), envelope))
        }
    }
}

fn reply(
    instance: &Instance,
    status: StatusCode,
    headers: HeaderMap,
    body: Body,
    envelope: Option<Envelope>,
) -> Reply<Body> {
    Reply::new(status, headers, instance.address.clone(), body, envelope)
}

/// The envelope of a success, where the endpoint has one; a failed one is the error.
fn unwrap(
    plan: &Plan,
    status: StatusCode,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<Option<Envelope>, Error> {
    let Some(policy) = plan.policy.envelope.as_ref().filter(|_| status.is_success()) else {
        return Ok(None);
    };
    match Envelope::read(policy, status, headers, body) {
        Some(envelope) if envelope.failed => Err(envelope.into_error(status, body)),
        envelope => Ok(envelope),
    }
}

/// The error of a status that is no value: of its envelope, where it has one.
fn refused(plan: &Plan, status: StatusCode, headers: &HeaderMap, body: AnswerBody) -> Error {
    let body = match body {
        AnswerBody::Read(body) => body,
        AnswerBody::Unread(_) => Bytes::new(),
    };
    let envelope = plan.policy.envelope.as_ref();
    let error = match envelope.and_then(|policy| Envelope::read(policy, status, headers, &body)) {
        Some(envelope) if envelope.failed => envelope.into_error(status, &body),
        Some(_) | None => status_error(status, &body),
    };
    match retry::hint(headers) {
        Some(delay) => error.with_retry_after(delay),
        None => error,
    }
}
