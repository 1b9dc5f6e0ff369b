//! Reads a request of the messaging service, within bounds.

use std::future::poll_fn;
use std::pin::pin;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::StatusCode;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap};
use http_body::Body as HttpBody;
use tokio::time::timeout;

use super::super::super::text::Text;
use super::super::super::wire::{Headers, Properties, Wire};
use super::answer::Refusal;
use crate::BoxError;

/// How long a request's body may take.
const BODY_TIME: Duration = Duration::from_secs(30);

/// What ties a request to a trace; other headers say nothing of the event.
const TRACES: [&str; 4] = ["traceparent", "tracestate", "x-trace-id", "baggage"];

/// How long the body says it is; `None` where it does not.
pub(super) fn length(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The request as any transport carries an event.
pub(super) async fn read<B>(headers: &HeaderMap, body: B, limit: usize) -> Result<Wire, Refusal>
where
    B: HttpBody<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    let late = |_| Refusal::new(StatusCode::REQUEST_TIMEOUT, "the body takes too long");
    let body = timeout(BODY_TIME, collect(body, limit)).await.map_err(late)??;
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let mut carried = Headers::with_capacity(TRACES.len());
    for name in TRACES {
        if let Some(value) = text(name) {
            carried.push(name, value.to_owned());
        }
    }
    Ok(Wire {
        properties: Properties {
            content_type: text(CONTENT_TYPE.as_str()).map(Text::copy),
            ..Properties::default()
        },
        headers: carried,
        body,
    })
}

async fn collect<B>(body: B, limit: usize) -> Result<Bytes, Refusal>
where
    B: HttpBody<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    let mut body = pin!(body);
    let mut collected = BytesMut::new();
    while let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        let early = |_| Refusal::new(StatusCode::BAD_REQUEST, "the body ended early");
        let Ok(data) = frame.map_err(early)?.into_data() else {
            continue;
        };
        if collected.len() + data.len() > limit {
            return Err(Refusal::too_large(limit));
        }
        collected.extend_from_slice(&data);
    }
    Ok(collected.freeze())
}
