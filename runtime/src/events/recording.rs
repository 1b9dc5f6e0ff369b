//! For tests: what a client published.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex};

use serde::de::DeserializeOwned;

use super::message::Message;
use super::{Priority, PublishFailure};
use crate::client::lock;
use crate::{Error, ErrorKind, Result};

/// Remembers what a client publishes, and fails where it is told to. A cheap clone over one list.
///
/// Given to a client by [`ClientBuilder::record_events`](crate::ClientBuilder::record_events). Events go their way
/// nevertheless: subscribers of the client receive them. An event that becomes an [`Envelope`](crate::Envelope) is among them
/// then, and not once more when a relay sends it.
///
/// ```
/// use serde_json::{Value, json};
/// use trunkline::testing::RecordingEvents;
/// use trunkline::{Client, PublishFailure};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> trunkline::Result<()> {
/// let recording = RecordingEvents::new();
/// let events = Client::builder().record_events(&recording).build()?.events();
///
/// events.publish_named("order_paid", &json!({ "order": 7 })).target("shipping").await?;
/// let published = recording.published();
/// assert_eq!((published[0].name(), published[0].target()), ("order_paid", Some("shipping")));
/// assert_eq!(published[0].json::<Value>()?["order"], 7);
///
/// recording.fail_next(PublishFailure::OutboxFull);
/// let error = events.publish_named("order_paid", &json!({})).await.unwrap_err();
/// assert_eq!(error.publish_failure(), Some(PublishFailure::OutboxFull));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct RecordingEvents(Arc<Mutex<Recorded>>);

#[derive(Default)]
struct Recorded {
    published: Vec<RecordedEvent>,
    failures: VecDeque<PublishFailure>,
}

impl RecordingEvents {
    /// An empty list.
    pub fn new() -> Self {
        Self::default()
    }

    /// What was published so far, in its order; what was told to fail is not among it.
    pub fn published(&self) -> Vec<RecordedEvent> {
        lock(&self.0).published.clone()
    }

    /// Lets the next publish fail with this; several wait for their turn.
    pub fn fail_next(&self, failure: PublishFailure) {
        lock(&self.0).failures.push_back(failure);
    }

    pub(super) fn record(&self, message: &Message) -> Result<()> {
        let mut recorded = lock(&self.0);
        if let Some(failure) = recorded.failures.pop_front() {
            let error = Error::new(ErrorKind::Publish, "the test lets this publish fail");
            return Err(error.with_publish_failure(failure));
        }
        recorded.published.push(RecordedEvent(message.clone()));
        Ok(())
    }
}

impl fmt::Debug for RecordingEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordingEvents")
            .field("published", &self.published())
            .finish_non_exhaustive()
    }
}

/// An event that a client published.
#[derive(Clone)]
pub struct RecordedEvent(Message);

impl RecordedEvent {
    /// Its id.
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The service that it is for.
    pub fn target(&self) -> Option<&str> {
        self.0.target.as_deref()
    }

    /// How urgent it is.
    pub fn priority(&self) -> Priority {
        self.0.priority
    }

    /// What it belongs to.
    pub fn correlation_id(&self) -> Option<&str> {
        self.0.correlation_id.as_deref()
    }

    /// A header of its publisher.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.0.header(name)
    }

    /// The event itself.
    ///
    /// # Errors
    /// `Decode` when it is not of this type.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.0.body).map_err(|error| {
            Error::new(ErrorKind::Decode, format!("the event `{}`: {error}", self.name())).with_source(error)
        })
    }
}

impl fmt::Debug for RecordedEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordedEvent")
            .field("name", &self.name())
            .field("id", &self.id())
            .finish_non_exhaustive()
    }
}
