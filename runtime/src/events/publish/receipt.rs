//! How a publish ended.

use super::super::text::Text;
use crate::Result;

/// How safe an event is that was published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// It is on disk here, and goes out as soon as it can.
    Stored,
    /// Whoever carries it has confirmed it.
    Confirmed,
}

/// Why a publish gave no receipt; asked of the error by [`Error::publish_failure`](crate::Error::publish_failure).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PublishFailure {
    /// No confirmation came in time: the event may have been published or not. Publish it again with the same id.
    Unconfirmed,
    /// It was refused, until the deadline or for good: a queue is full.
    Refused,
    /// Its body is larger than allowed; nothing was sent.
    TooLarge,
    /// The outbox is full.
    OutboxFull,
    /// The outbox could not store it.
    StoreFailed,
}

/// The proof that an event is published.
///
/// ```
/// use serde_json::json;
/// use trunkline::{Client, Stage};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> trunkline::Result<()> {
/// let events = Client::builder().build()?.events();
/// let receipt = events.publish_named("user_action", &json!({})).await?;
/// assert_eq!(receipt.stage(), Stage::Confirmed);
/// receipt.confirmed().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Receipt {
    id: Text,
    stage: Stage,
}

impl Receipt {
    pub(super) fn confirmed_now(id: Text) -> Self {
        Self {
            id,
            stage: Stage::Confirmed,
        }
    }

    /// The id of the event, the same wherever it goes.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// How safe the event was when the receipt was made.
    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// Resolves once the event is confirmed; at once where it was when the receipt was made.
    ///
    /// # Errors
    /// `Publish` when it will not be: it expired before it could go out.
    #[expect(clippy::unused_async, reason = "what is stored is confirmed later")]
    pub async fn confirmed(&self) -> Result<()> {
        match self.stage {
            Stage::Confirmed | Stage::Stored => Ok(()),
        }
    }
}
