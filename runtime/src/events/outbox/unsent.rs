//! Stored events that will not be sent by themselves: expired, or refused for good.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::join_all;
use tokio::time::Instant;

use super::super::DeadLetter;
use super::super::bus::Shelved;
use super::super::envelope;
use super::super::format;
use super::super::publish::{PATIENCE, PublishFailure};
use super::super::wire::Wire;
use super::{Outbox, Record, Seq, Stored};
use crate::client::Shared;
use crate::{Error, ErrorKind, Result, context};

/// The most letters that are listed at once.
const LISTED: usize = 1000;
/// As many are in memory while all are replayed or discarded.
const AT_ONCE: usize = 64;

/// The events of the outbox that expired before they could be sent, or that were refused for good; made by
/// [`Events::unsent`](crate::Events::unsent).
///
/// They stay on disk until they are replayed or discarded. They have room of their own there, a quarter of what the outbox
/// has for the others; those beyond it take of that, so that nothing is thrown away, and publishes fail with `OutboxFull` once
/// there is none left. Why one was refused is its [`reason`](DeadLetter::reason), at most 256 bytes of it. How many there are is [`OutboxMetrics::dead`](crate::OutboxMetrics::dead).
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
        self.letters(None).await
    }

    /// Those that come after this one in the same order, at most 1000; it need not be there any more.
    ///
    /// ```
    /// # use trunkline::Client;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> trunkline::Result<()> {
    /// # let directory = std::env::temp_dir().join(format!("trunkline-pages-{}", std::process::id()));
    /// # let client = Client::builder().outbox(&directory).build()?;
    /// let unsent = client.events().unsent();
    /// let mut page = unsent.list().await?;
    /// while let Some(last) = page.last() {
    ///     page.iter().for_each(|letter| println!("{}: {}", letter.id(), letter.reason()));
    ///     page = unsent.list_after(last).await?;
    /// }
    /// # std::fs::remove_dir_all(directory).ok();
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Request` for a letter that was not listed here; else as those of [`list`](Self::list).
    pub async fn list_after(&self, letter: &DeadLetter) -> Result<Vec<DeadLetter>> {
        let Some(seq) = letter.stored_as() else {
            let message = "a dead letter of a queue: expected one of the outbox";
            return Err(Error::new(ErrorKind::Request, message));
        };
        self.letters(Some(seq)).await
    }

    /// Stores the event of this id anew, without an end this time, and it is sent in its turn; `false` where it is not
    /// there. Where the outbox is full it waits for room as a publish does: until the deadline of the context, or for 30 s.
    ///
    /// # Errors
    /// `Config` where the client has no outbox, `Publish` where the outbox cannot be read or written, or had no room in
    /// time; then the event is where it was.
    pub async fn replay(&self, id: impl AsRef<str>) -> Result<bool> {
        let deadline = deadline();
        let Some(stored) = self.find(id.as_ref()).await? else {
            return Ok(false);
        };
        self.restore(stored, deadline).await?;
        self.outbox()?.flush().await?;
        Ok(true)
    }

    /// Stores all of them anew, without an end, as many as find room until the deadline of the context, or for 30 s; says how
    /// many. What becomes one of them meanwhile may be among them. Dropped on the way, it may leave up to 64 both waiting and
    /// dead: replayed once more, they go out twice under one id.
    ///
    /// # Errors
    /// `Config` where the client has no outbox, `Publish` where the outbox cannot be read or written.
    pub async fn replay_all(&self) -> Result<usize> {
        let deadline = deadline();
        let mut pages = self.pages()?;
        let mut count = 0;
        loop {
            let page = pages.next().await?;
            if page.is_empty() {
                return Ok(count);
            }
            let restoring = page.into_iter().map(|stored| self.restore(stored, deadline));
            let restored = join_all(restoring).await;
            self.outbox()?.flush().await?;
            count += restored.iter().filter(|restored| restored.is_ok()).count();
            match restored.into_iter().find_map(Result::err) {
                None => {}
                Some(error) if is_full(&error) => return Ok(count),
                Some(error) => return Err(error),
            }
        }
    }

    /// Deletes the event of this id; `false` where it is not there.
    ///
    /// # Errors
    /// `Config` where the client has no outbox, `Publish` where the outbox cannot be read or written.
    pub async fn discard(&self, id: impl AsRef<str>) -> Result<bool> {
        let Some(stored) = self.find(id.as_ref()).await? else {
            return Ok(false);
        };
        self.outbox()?.discard(stored.seq)?;
        self.outbox()?.flush().await?;
        Ok(true)
    }

    /// Deletes all of them, for good; says how many. What becomes one of them meanwhile may be among them.
    ///
    /// # Errors
    /// `Config` where the client has no outbox, `Publish` where the outbox cannot be read or written.
    pub async fn discard_all(&self) -> Result<usize> {
        let mut pages = self.pages()?;
        let mut count = 0;
        loop {
            let page = pages.next().await?;
            if page.is_empty() {
                return Ok(count);
            }
            count += page.len();
            for stored in page {
                self.outbox()?.discard(stored.seq)?;
            }
            self.outbox()?.flush().await?;
        }
    }

    async fn letters(&self, after: Option<Seq>) -> Result<Vec<DeadLetter>> {
        let dead = self.outbox()?.dead(after, LISTED).await?;
        Ok(dead.into_iter().map(letter).collect())
    }

    /// Stores a dead event as one that waits, then deletes the dead one.
    async fn restore(&self, stored: Stored, deadline: Instant) -> Result<()> {
        let Stored { seq, record, .. } = stored;
        let id = record.id.clone();
        let record = Record {
            expires_at: None,
            bytes: without_end(record.bytes),
            ..record
        };
        // Killed or dropped between the two, it is there twice, under one id.
        let restored = self.outbox()?.restore(record, deadline).await;
        restored.map_err(|error| error.with_event_id(id))?;
        self.outbox()?.discard(seq)
    }

    async fn find(&self, id: &str) -> Result<Option<Stored>> {
        let mut pages = self.pages()?;
        loop {
            let page = pages.next().await?;
            if page.is_empty() {
                return Ok(None);
            }
            if let Some(found) = page.into_iter().find(|stored| stored.record.id == id) {
                return Ok(Some(found));
            }
        }
    }

    fn pages(&self) -> Result<Pages<'_>> {
        let outbox = self.outbox()?;
        Ok(Pages {
            outbox,
            after: None,
            end: outbox.next(),
        })
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

/// All that are dead at one moment, page by page.
struct Pages<'a> {
    outbox: &'a Outbox,
    after: Option<Seq>,
    /// The number that none of them has: what is replayed and dies again comes behind it, and the pages have an end.
    end: u64,
}

impl Pages<'_> {
    /// The next; an empty one is the end.
    async fn next(&mut self) -> Result<Vec<Stored>> {
        loop {
            let mut page = self.outbox.dead(self.after, AT_ONCE).await?;
            let Some(last) = page.last() else { return Ok(page) };
            self.after = Some(last.seq);
            page.retain(|stored| stored.seq.number < self.end);
            if !page.is_empty() {
                return Ok(page);
            }
        }
    }
}

/// The same event, for ever worth handling; what is no event of this version stays as it is.
fn without_end(bytes: Bytes) -> Bytes {
    let Some(mut outgoing) = envelope::read(&bytes) else {
        return bytes;
    };
    outgoing.wire = Arc::new(format::without_end(&outgoing.wire));
    envelope::write(&outgoing)
}

/// Until when there may be room.
fn deadline() -> Instant {
    let deadline = context::current().and_then(|context| context.deadline());
    deadline.unwrap_or_else(|| Instant::now() + PATIENCE)
}

fn is_full(error: &Error) -> bool {
    error.publish_failure() == Some(PublishFailure::OutboxFull)
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
    let shelved = Shelved {
        wire,
        since: stored.accepted_at,
    };
    DeadLetter::unsent(shelved, stored.seq, stored.record.expires_at, stored.refused)
}
