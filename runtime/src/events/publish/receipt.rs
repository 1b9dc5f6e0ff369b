//! How a publish ended.

use std::fmt;

#[cfg(feature = "outbox")]
use super::super::outbox::{Fate, Kept};
use super::super::text::Text;
use crate::Result;
#[cfg(feature = "outbox")]
use crate::{Error, ErrorKind};

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
    /// Whoever carries it could not be reached in time; nothing was sent.
    Unreached,
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
#[derive(Clone)]
pub struct Receipt {
    id: Text,
    stage: Stage,
    #[cfg(feature = "outbox")]
    kept: Option<Kept>,
}

impl Receipt {
    pub(super) fn confirmed_now(id: Text) -> Self {
        Self {
            id,
            stage: Stage::Confirmed,
            #[cfg(feature = "outbox")]
            kept: None,
        }
    }

    #[cfg(feature = "outbox")]
    pub(super) fn stored_now(id: Text, kept: Kept) -> Self {
        Self {
            id,
            stage: Stage::Stored,
            kept: Some(kept),
        }
    }

    /// A receipt of the event of this id, as a fake of a service makes it: confirmed.
    ///
    /// ```
    /// use serde::{Deserialize, Serialize};
    /// use trunkline::{Event, Receipt, Result, Stage, service};
    ///
    /// #[derive(Serialize, Deserialize, Event)]
    /// #[event("order_paid")]
    /// struct OrderPaid {
    ///     order: u32,
    /// }
    ///
    /// #[service("shipping")]
    /// trait Shipping {
    ///     #[publish]
    ///     async fn order_paid(&self, event: &OrderPaid) -> Result<Receipt>;
    /// }
    ///
    /// struct FakeShipping;
    ///
    /// impl Shipping for FakeShipping {
    ///     async fn order_paid(&self, event: &OrderPaid) -> Result<Receipt> {
    ///         Ok(Receipt::of(format!("paid-{}", event.order)).with_stage(Stage::Stored))
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// let receipt = FakeShipping.order_paid(&OrderPaid { order: 7 }).await?;
    /// assert_eq!((receipt.id(), receipt.stage()), ("paid-7", Stage::Stored));
    /// receipt.confirmed().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn of(id: impl Into<String>) -> Self {
        Self::confirmed_now(Text::from(id.into()))
    }

    /// The same receipt of another stage, for a fake or a test; its [`confirmed`](Self::confirmed) does not wait.
    pub fn with_stage(mut self, stage: Stage) -> Self {
        self.stage = stage;
        #[cfg(feature = "outbox")]
        {
            self.kept = None;
        }
        self
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
    /// `Publish`: `Refused` when it will not be, since it expired or was refused for good; `Unconfirmed` when this process
    /// will not know, since the outbox was closed before.
    #[cfg_attr(
        not(feature = "outbox"),
        expect(clippy::unused_async, reason = "what is stored is confirmed later")
    )]
    pub async fn confirmed(&self) -> Result<()> {
        #[cfg(feature = "outbox")]
        if let Some(kept) = &self.kept {
            return decided(kept.decided().await).map_err(|error| error.with_event_id(self.id()));
        }
        Ok(())
    }
}

impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receipt")
            .field("id", &self.id())
            .field("stage", &self.stage)
            .finish_non_exhaustive()
    }
}

#[cfg(feature = "outbox")]
fn decided(fate: Fate) -> Result<()> {
    let (failure, message) = match fate {
        Fate::Confirmed => return Ok(()),
        Fate::Dead => {
            let message = "the stored event expired or was refused for good; it is kept among the unsent";
            (PublishFailure::Refused, message)
        }
        Fate::Waiting => {
            let message = "the outbox was closed; the stored event is sent by the next process that opens it";
            (PublishFailure::Unconfirmed, message)
        }
    };
    Err(Error::new(ErrorKind::Publish, message).with_publish_failure(failure))
}
