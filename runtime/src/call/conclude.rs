//! What does the last outcome mean for the caller: a value, or which error?

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use super::attempt::{AnswerBody, Answered, Outcome};
use super::deadline::Deadline;
use super::record::Record;
use super::{Instance, Reader, retry, stream};
use crate::client::Plan;
use crate::error::excerpt;
use crate::reply::{self, Envelope, Reply};
use crate::{Body, Error, ErrorKind};

/// Hands a value to the reader, or says why there is none.
pub(crate) fn conclude(
    plan: &Plan,
    instance: &Instance,
    record: &mut Record<'_>,
    deadline: Deadline,
    outcome: Outcome,
    reader: &mut dyn Reader,
) -> Result<(), Error> {
    let hint = retry::hint(&outcome);
    let answered = outcome.map_err(|failed| failed.error)?;
    if plan.none_on.contains(&answered.status.as_u16()) {
        return reader.read(reply(instance, answered.status, answered.headers, "null".into(), None));
    }
    if !(reader.wants().accepts)(answered.status) {
        let error = refused(plan, answered);
        return Err(match hint {
            Some(delay) => error.with_retry_after(delay),
            None => error,
        });
    }
    let Answered { status, headers, body } = answered;
    match body {
        AnswerBody::Unread(body) => {
            let body = stream::of(body, plan.policy.idle_timeout, deadline, record.take_in_flight());
            reader.read(reply(instance, status, headers, body, None))
        }
        AnswerBody::Read(bytes) => {
            let envelope = unwrap(plan, status, &bytes)?;
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
fn unwrap(plan: &Plan, status: StatusCode, body: &Bytes) -> Result<Option<Envelope>, Error> {
    let Some(policy) = plan.policy.envelope.as_ref().filter(|_| status.is_success()) else { return Ok(None) };
    match reply::read_envelope(policy, status, body) {
        Some(envelope) if envelope.failed => Err(business(envelope, status, body)),
        envelope => Ok(envelope),
    }
}

/// The error of a status that is no value.
fn refused(plan: &Plan, answered: Answered) -> Error {
    let Answered { status, body, .. } = answered;
    let AnswerBody::Read(body) = body else {
        return Error::new(ErrorKind::Status, status.to_string()).with_status(status.as_u16());
    };
    let envelope = plan.policy.envelope.as_ref().and_then(|policy| reply::read_envelope(policy, status, &body));
    if let Some(envelope) = envelope.filter(|envelope| envelope.failed) {
        return business(envelope, status, &body);
    }
    let fields = reply::error_fields(&body);
    let said = fields.message.clone().unwrap_or_else(|| excerpt(&body));
    let message = if said.is_empty() { status.to_string() } else { format!("{status}: {said}") };
    let error = Error::new(ErrorKind::Status, message).with_status(status.as_u16()).with_body(body);
    fields.onto(error)
}

fn business(envelope: Envelope, status: StatusCode, body: &Bytes) -> Error {
    let code = envelope.code.as_deref().unwrap_or("without a code");
    let said = envelope.message.as_deref().unwrap_or("no message");
    let message = format!("the service refused with code {code}: {}", excerpt(said.as_bytes()));
    let mut error =
        Error::new(ErrorKind::Business, message).with_status(status.as_u16()).with_body(body.clone());
    if let Some(code) = envelope.code {
        error = error.with_code(code);
    }
    if let Some(message) = envelope.message {
        error = error.with_message(message);
    }
    match envelope.details {
        Some(details) => error.with_details(details),
        None => error,
    }
}
