//! Whether, and how, a subscription remembers what it has handled.

mod seen;
mod shared;

pub(super) use self::seen::{Claim, Seen};
pub(super) use self::shared::Inboxes;

/// Whether, and how, a subscription remembers what it has handled, so that an event that comes again is not handled again.
///
/// An event is known by its source and id. What is remembered in memory is forgotten with the subscription's last worker:
/// then what comes again is handled again. Workers of one client that take from the same queue, with equal inboxes, share
/// one.
///
/// ```
/// use trunkline::Inbox;
///
/// assert_eq!(Inbox::default(), Inbox::memory(100_000));
/// assert_ne!(Inbox::off(), Inbox::memory(1));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inbox {
    events: usize,
    #[cfg(feature = "outbox")]
    is_durable: bool,
}

impl Inbox {
    /// Remembers this many events, the latest, in memory; about 32 bytes each.
    pub fn memory(events: usize) -> Self {
        Self {
            events,
            #[cfg(feature = "outbox")]
            is_durable: false,
        }
    }

    /// Remembers this many events, the latest, in memory and in the store of the client's outbox: what was handled before
    /// the process was killed is not handled again after it.
    ///
    /// The mark is on disk before the event is acknowledged; those of events that are handled at the same time share a
    /// sync. An event is handled again only where the process is killed between its handler's end and the mark. Where
    /// the store fails, loudly, what is handled is not acknowledged: it stays in hand, goes back when the subscription ends,
    /// and this process does not handle it again. Needs [`ClientBuilder::outbox`](crate::ClientBuilder::outbox).
    ///
    /// ```
    /// use trunkline::{Client, ErrorKind, HandlerError, Inbox};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> trunkline::Result<()> {
    /// # let directory = std::env::temp_dir().join(format!("trunkline-inbox-{}", std::process::id()));
    /// let client = Client::builder().outbox(&directory).build()?;
    /// let subscribe = client.events().subscribe("shipping").inbox(Inbox::durable(100_000));
    /// let worker = subscribe.on_named("order_paid", |_| async { Ok::<(), HandlerError>(()) }).start().await?;
    /// # drop(worker);
    /// # std::fs::remove_dir_all(directory).ok();
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "outbox")]
    pub fn durable(events: usize) -> Self {
        Self {
            events,
            is_durable: true,
        }
    }

    /// Remembers nothing: an event that comes again is handled again.
    ///
    /// For handlers that may do their work twice, and for an application that marks in its own database what it has handled:
    /// in the transaction of what the handler does, so that both happen or neither does. An event is known by
    /// [`source`](crate::Delivery::source) and [`id`](crate::Delivery::id), which are the same however often it comes. The
    /// example `inbox_sql` does it with sqlx.
    pub fn off() -> Self {
        Self::memory(0)
    }
}

impl Default for Inbox {
    fn default() -> Self {
        Self::memory(100_000)
    }
}
