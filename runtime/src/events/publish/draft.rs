//! An event as its publisher says it, and the message that it becomes.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use serde::Serialize;

use super::super::message::{JSON, Message, Trace};
use super::super::text::Text;
use super::super::topology::Route;
use super::super::{Event, Priority, id, names};
use crate::client::Shared;
use crate::context::EventContext;
use crate::encode::{JsonArgument, json};
use crate::{Error, ErrorKind, Result};

/// What the builder holds.
pub(in crate::events) struct Draft {
    pub(super) name: Text,
    version: Option<u32>,
    expires: Option<Duration>,
    pub(super) body: Result<Bytes>,
    time: SystemTime,
    pub(super) context: EventContext,
    pub(super) id: Option<Text>,
    pub(super) target: Option<Text>,
    pub(super) priority: Priority,
    pub(super) correlation_id: Option<Text>,
    pub(super) headers: Vec<(Text, Text)>,
    pub(super) routing_key: Option<Text>,
}

impl Draft {
    pub(in crate::events) fn of<E: Event + ?Sized>(shared: &Shared, event: &dyn JsonArgument) -> Self {
        Self {
            version: Some(E::VERSION),
            expires: E::EXPIRES,
            target: E::TARGET.map(Text::from),
            priority: E::PRIORITY,
            ..Self::new(shared, E::NAME.into(), encode(shared, event))
        }
    }

    pub(in crate::events) fn named(shared: &Shared, name: &str, event: &impl Serialize) -> Self {
        Self::new(shared, Text::copy(name), encode(shared, &event))
    }

    fn new(shared: &Shared, name: Text, body: Result<Bytes>) -> Self {
        Self {
            name,
            version: None,
            expires: None,
            body,
            time: SystemTime::now(),
            context: EventContext::current(&shared.random),
            id: None,
            target: None,
            priority: Priority::default(),
            correlation_id: None,
            headers: Vec::new(),
            routing_key: None,
        }
    }

    /// The id: the caller's, or a new one.
    pub(super) fn id(&self, shared: &Shared) -> Text {
        let make = || shared.events.ids.next(self.time, &shared.random);
        self.id.clone().unwrap_or_else(make)
    }

    /// Checks all that can be wrong before anything is accepted.
    ///
    /// # Errors
    /// `Request` for a name, a target, a key, a header or an id that cannot be sent, and for an event that is no JSON;
    /// `Publish` for a body that is too large.
    pub(super) fn into_message(self, shared: &Shared, id: Text) -> Result<(Message, Route)> {
        self.check(&id)?;
        let body = self.body?;
        check_size(body.len(), shared.events.max_body)?;
        let source = shared.events.source.clone();
        let route = match self.routing_key {
            Some(key) => Route::Key(key),
            None => Route::Address {
                target: self.target.clone(),
                source: source.clone(),
                name: self.name.clone(),
            },
        };
        names::check_key(route.key_length())?;
        let message = Message {
            id,
            name: self.name,
            version: self.version,
            source,
            target: self.target,
            priority: self.priority,
            time: Some(self.time),
            expires_at: self.expires.and_then(|after| self.time.checked_add(after)),
            correlation_id: self.correlation_id,
            trace: trace(&self.context),
            headers: self.headers,
            attempt: 1,
            content_type: JSON.into(),
            body,
        };
        Ok((message, route))
    }

    fn check(&self, id: &str) -> Result<()> {
        names::check_event(&self.name)?;
        if let Some(target) = &self.target {
            names::check_target(target)?;
        }
        names::check_headers(self.headers.iter().map(|(name, value)| (&**name, &**value)))?;
        for (kind, id) in [
            ("id", Some(id)),
            ("correlation id", self.correlation_id.as_deref()),
        ] {
            if id.is_some_and(|id| !id::is_id(id)) {
                let message = format!("{kind}: expected 1 to 128 visible ASCII characters");
                return Err(Error::new(ErrorKind::Request, message));
            }
        }
        Ok(())
    }
}

fn encode(shared: &Shared, event: &dyn JsonArgument) -> Result<Bytes> {
    json(event, &shared.events.body_size).map(Bytes::from)
}

fn check_size(bytes: usize, most: usize) -> Result<()> {
    if bytes <= most {
        return Ok(());
    }
    let message = format!("the event has {bytes} bytes: expected at most {most}");
    Err(Error::new(ErrorKind::Publish, message).with_publish_failure(super::PublishFailure::TooLarge))
}

fn trace(context: &EventContext) -> Trace {
    let mut text = EventContext::TEXT;
    let (traceparent, trace_id) = context.trace().write(&mut text);
    Trace {
        trace_id: trace_id.map(Text::copy),
        traceparent: Some(Text::copy(traceparent)),
        tracestate: context.tracestate().map(Text::copy),
        baggage: context.baggage().map(Text::copy),
    }
}
