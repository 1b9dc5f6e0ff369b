//! One connection to a broker, watched, and cut where it does not answer.

mod dial;
mod kit;
mod stream;

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Mutex;
use std::task::Poll;
use std::time::Duration;

use futures_core::Stream as _;
use lapin::{Channel, Connection, Event};
use tokio::time::{MissedTickBehavior, interval, timeout};

use self::dial::Cut;
use self::stream::Pulse;
use super::fault::{Cause, Fault};
use crate::client::lock;

pub(super) use self::dial::connect;

/// How long each declaration may take, and each opening of a channel.
pub(super) const ANSWER: Duration = Duration::from_secs(5);
/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_secs(1);
/// How often the watchdog looks.
const LOOK: Duration = Duration::from_millis(200);

/// A connection that was greeted. Dropped, it is cut.
#[derive(Debug)]
pub(super) struct Link {
    address: String,
    connection: Connection,
    cut: Cut,
    pulse: Pulse,
    condemned: Mutex<Option<Fault>>,
}

impl Link {
    fn new(address: String, connection: Connection, cut: Cut, pulse: Pulse) -> Self {
        Self {
            address,
            connection,
            cut,
            pulse,
            condemned: Mutex::default(),
        }
    }

    /// Whose broker it is to.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// A channel of its own; dropped, it closes.
    pub(super) async fn channel(&self) -> Result<Channel, Fault> {
        answered("a channel", self.connection.create_channel()).await
    }

    /// The most bytes of a frame.
    pub(super) fn frame_max(&self) -> usize {
        usize::try_from(self.connection.configuration().frame_max()).unwrap_or(usize::MAX)
    }

    /// Whether the broker takes no events because of an alarm.
    pub(super) fn is_blocked(&self) -> bool {
        self.connection.status().blocked()
    }

    /// Resolves once the connection is over, or nothing has come for two heartbeats.
    pub(super) async fn watch(&self, blocked: impl FnMut(bool)) -> Fault {
        let fault = self.watched(blocked).await;
        lock(&self.condemned).take().unwrap_or(fault)
    }

    async fn watched(&self, mut blocked: impl FnMut(bool)) -> Fault {
        let mut events = pin!(self.connection.events_listener());
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let heartbeat = Duration::from_secs(self.connection.configuration().heartbeat().into());
        let mut said: Option<Fault> = None;
        poll_fn(|cx| {
            while let Poll::Ready(event) = events.as_mut().poll_next(cx) {
                match event {
                    // Of a channel of the connection, or of itself.
                    Some(Event::Error(error)) => said = Some(error.into()),
                    Some(_) => {}
                    None => break,
                }
            }
            while look.poll_tick(cx).is_ready() {}
            blocked(self.is_blocked());
            if !self.connection.status().connected() {
                let lost = || Fault::new(Cause::Lost, "the connection is over");
                return Poll::Ready(said.take().unwrap_or_else(lost));
            }
            if !heartbeat.is_zero() && self.pulse.silence() > heartbeat * 2 {
                let text = format!("nothing came for {:?}", heartbeat * 2);
                return Poll::Ready(Fault::new(Cause::Silent, text));
            }
            Poll::Pending
        })
        .await
    }

    /// Ends it at once, and says why to whoever watches.
    pub(super) fn condemn(&self, fault: Fault) {
        lock(&self.condemned).get_or_insert(fault);
        self.cut();
    }

    /// Ends it at once: everybody who waits for something on it is told.
    pub(super) fn cut(&self) {
        self.cut.cut();
    }

    /// Ends it in good order, or after a second all the same.
    pub(super) async fn close(&self) {
        let goodbye = self.connection.close(200, "OK".into());
        let _ = timeout(GOODBYE, goodbye).await;
        self.cut();
    }
}

/// What the broker answers, within 5 s.
pub(super) async fn answered<T>(
    what: &str,
    answer: impl Future<Output = lapin::Result<T>>,
) -> Result<T, Fault> {
    let answer = timeout(ANSWER, answer).await;
    answer
        .map_err(|_| Fault::mute(what, ANSWER))?
        .map_err(Fault::from)
}
