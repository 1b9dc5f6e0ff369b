//! What does the last outcome mean for the caller: a value, or which error?

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use super::attempt::{AnswerBody, Answered, Outcome};
use super::deadline::Deadline;
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
    deadline: Deadline,
    outcome: Outcome,
    reader: &mut dyn Reader,
) -> Result<(), Error> {
    let answered = outcome.map_err(|failed| failed.error)?;
    if plan.none_on.contains(&answered.status.as_u16()) {
        return reader.read(reply(
            instance,
            answered.status,
            answered.headers,
            "null".into(),
            None,
        ));
    }
    if !(reader.wants().accepts)(answered.status) {
        let error = refused(plan, &answered);
        return Err(match retry::hint(&answered) {
            Some(delay) => error.with_retry_after(delay),
            None => error,
        });
    }
    let Answered {
        status,
        headers,
        body,
    } = answered;
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
fn refused(plan: &Plan, answered: &Answered) -> Error {
    let body = match &answered.body {
        AnswerBody::Read(body) => body.clone(),
        AnswerBody::Unread(_) => Bytes::new(),
    };
    let envelope = plan.policy.envelope.as_ref();
    match envelope.and_then(|policy| Envelope::read(policy, answered.status, &answered.headers, &body)) {
        Some(envelope) if envelope.failed => envelope.into_error(answered.status, &body),
        Some(_) | None => status_error(answered.status, &body),
    }
}
