//! A call without its stages: what they cost is measured against it.

use std::future::poll_fn;

use http::{Request, StatusCode};

use super::attempt::Failed;
use super::{Prepared, Reader, headers};
use crate::reply::Reply;
use crate::{Body, Error, ErrorKind};

/// Sends the same request by the same transport and reads the reply; no span, no limit, no second try.
pub(super) async fn run(call: &Prepared, body: &mut Body, reader: &mut dyn Reader) -> Result<(), Error> {
    let plan = call.plan()?;
    let context = call.context();
    let instance = plan.instances.first()?;
    let uri = instance.uri(&call.target);
    let mut request = Request::new(body.for_attempt().0);
    *request.method_mut() = call.endpoint.labels.method.clone();
    *request.uri_mut() = uri.map_err(|error| Error::new(ErrorKind::Request, error.to_string()))?;
    *request.headers_mut() = headers::of_attempt(call, &context, plan, 0, plan.policy.limits.timeout);
    let failed = |error| Failed::transport(error).error;
    let mut incoming = plan.transport.exchange(request).await.map_err(failed)?;
    if incoming.status != StatusCode::OK {
        return Err(Error::new(ErrorKind::Status, "not what a bench asks for"));
    }
    let body = &mut incoming.body;
    let first = poll_fn(|cx| body.poll_chunk(cx)).await.map_err(failed)?;
    let mut bytes = first.unwrap_or_default();
    while !body.is_over()
        && let Some(chunk) = poll_fn(|cx| body.poll_chunk(cx)).await.map_err(failed)?
    {
        bytes = [bytes, chunk].concat().into();
    }
    let address = instance.address.clone();
    reader.read(Reply::new(
        incoming.status,
        incoming.headers,
        address,
        bytes.into(),
        None,
    ))
}
