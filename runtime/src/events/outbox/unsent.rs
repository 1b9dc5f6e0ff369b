//! Stored events that will not be sent by themselves: expired, or refused for good.

use std::fmt;
use std::sync::Arc;

use tokio::time::Instant;

use super::super::DeadLetter;
use super::super::bus::Shelved;
use super::super::envelope;
use super::super::publish::PATIENCE;
use super::super::wire::Wire;
use super::{Outbox, Record, Seq, Stored};
use crate::client::Shared;
use crate::{Error, ErrorKind, Result, context};

/// The most letters that are listed at once.
const LISTED: usize = 1000;

/// The events of the outbox that expired before they could be sent, or that were refused for good; made by
/// [`Events::unsent`](crate::Events::unsent).
///
/// They stay on disk, and take of the outbox's room, until they are replayed or discarded.
///
/// ```
/// # use trunkline::Client;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> trunkline::Result<()> {
/// # let directory = std::env::temp_dir().join(format!("trunkline-unsent-{}", std::process::id()));
/// let client = Client::builder().outbox(&directory).build()?;
/// for letter in client.events().unsent().list().await? {
///     println!("{} {} was not sent", letter.name(), letter.id());
/// }
/// assert!(!client.events().unsent().replay("order-7").await?, "there is none of this id");
/// # std::fs::remove_dir_all(directory).ok();
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Unsent {
    shared: Arc<Shared>,
}

impl Unsent {
    pub(in super::super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// The most urgent first, the oldest of each priority first, at most 1000.
    ///
    /// # Errors
    /// `Config` where the client has no outbox, `Publish` where the outbox cannot be read.
    pub async fn list(&self) -> Result<Vec<DeadLetter>> {
        let dead = self.page(None).await?;
        Ok(dead.into_iter().map(letter).collect())
    }

    /// Stores the event of this id anew, without an end this time, and it is sent in its turn; `false` where it is not
    /// there. Where the outbox is full it waits for room as a publish does: until the deadline of the context, or for 30 s.
    ///
    /// # Errors
    /// `Config` where the client has no outbox, `Publish` where the outbox cannot be read or written, or had no room in
    /// time; then the event is where it was.
    pub async fn replay(&self, id: impl AsRef<str>) -> Result<bool> {
        let deadline = context::current().and_then(|context| context.deadline());
        let deadline = deadline.unwrap_or_else(|| Instant::now() + PATIENCE);
        let Some(Stored { seq, record, .. }) = self.find(id.as_ref()).await? else {
            return Ok(false);
        };
        let record = Record {
            expires_at: None,
            ..record
        };
        // Killed between the two, the next process has it twice, under one id.
        let restored = self.outbox()?.restore(record, deadline).await;
        restored.map_err(|error| error.with_event_id(id.as_ref()))?;
        self.forget(seq).await?;
        Ok(true)
    }

    /// Deletes the event of this id; `false` where it is not there.
    ///
    /// # Errors
    /// `Config` where the client has no outbox, `Publish` where the outbox cannot be read or written.
    pub async fn discard(&self, id: impl AsRef<str>) -> Result<bool> {
        let Some(stored) = self.find(id.as_ref()).await? else {
            return Ok(false);
        };
        self.forget(stored.seq).await?;
        Ok(true)
    }

    async fn find(&self, id: &str) -> Result<Option<Stored>> {
        let mut after = None;
        loop {
            let page = self.page(after).await?;
            let Some(last) = page.last().map(|stored| stored.seq) else {
                return Ok(None);
            };
            if let Some(found) = page.into_iter().find(|stored| stored.record.id == id) {
                return Ok(Some(found));
            }
            after = Some(last);
        }
    }

    async fn page(&self, after: Option<Seq>) -> Result<Vec<Stored>> {
        self.outbox()?.dead(after, LISTED).await
    }

    async fn forget(&self, seq: Seq) -> Result<()> {
        self.outbox()?.discard(seq).await
    }

    fn outbox(&self) -> Result<&Outbox> {
        let outbox = self.shared.events.outbox.as_ref();
        outbox.ok_or_else(|| {
            Error::new(
                ErrorKind::Config,
                "the client has no outbox: set `Client::builder().outbox(…)`",
            )
        })
    }
}

impl fmt::Debug for Unsent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unsent").finish_non_exhaustive()
    }
}

fn letter(stored: Stored) -> DeadLetter {
    let wire = match envelope::read(&stored.record.bytes) {
        Some(outgoing) => outgoing.wire,
        // Of another version: it is shown as what it is, bytes.
        None => Arc::new(Wire {
            body: stored.record.bytes,
            ..Wire::default()
        }),
    };
    DeadLetter::new(Shelved {
        wire,
        since: stored.accepted_at,
    })
}
