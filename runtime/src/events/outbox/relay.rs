//! From disk to the broker: records in order, many on their way at a time, each given back that is not confirmed.
//!
//! Of the store it needs `take` and `arrived`, of a record `confirm`, `set_aside`, `bury` and the drop that gives it back.

use std::future::{pending, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use futures_util::stream::{FuturesUnordered, Stream};
use tokio::sync::watch;
use tracing::Instrument;

use super::super::EventsState;
use super::super::bus::{Again, Bus, Nack};
use super::super::envelope;
use super::super::span::{self, Relayed};
use super::gate::Gate;
use super::{Pause, Store, StoreError, Taken};
use crate::client::Shared;

/// Records on their way at the same time, and the bytes of them with which no more are started.
const WINDOW: usize = 512;
const WINDOW_BYTES: usize = 8 * 1024 * 1024;
/// Records read at a time.
const BATCH: usize = 128;
/// The longest wait after a refusal.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// The longest where somebody has to change something first.
const BEFORE_A_CHANGE: Duration = Duration::from_secs(30);

/// Relays until it is told to stop, then until what is on its way is confirmed; ends with the store.
pub(super) async fn run(store: Store, bus: Bus, shared: Weak<Shared>, stop: watch::Receiver<bool>) {
    let mut window = Window::new();
    let gate = Arc::new(Gate::default());
    loop {
        let taken = match next(&mut window, &store, &bus, &gate, &stop).await {
            Ok(Some(taken)) => taken,
            Ok(None) => return window.drain(&bus).await,
            // The publishes fail now, and say why.
            Err(_) => return,
        };
        for taken in taken {
            let bytes = taken.record().bytes.len();
            let sending = send(taken, bus.clone(), Arc::clone(&gate), Weak::clone(&shared));
            window.start(bytes, sending);
        }
    }
}

/// The next records, once there are a connection, room and records; `None` once it is to stop.
async fn next<F: Future>(
    window: &mut Window<F>,
    store: &Store,
    bus: &Bus,
    gate: &Gate,
    stop: &watch::Receiver<bool>,
) -> Result<Option<Vec<Taken>>, StoreError> {
    let mut stop = stop.clone();
    let mut stopped = pin!(stop.wait_for(|is_stopping| *is_stopping));
    let mut taking = pin!(async {
        loop {
            // Without a connection nothing is taken: the most urgent goes first once there is one.
            bus.ready().await;
            let most = gate.room(BATCH).await;
            let taken = store.take(most).await?;
            if !taken.is_empty() {
                gate.sends();
                return Ok(taken);
            }
            store.arrived().await;
        }
    });
    poll_fn(|cx| {
        window.poll(cx);
        if stopped.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Ok(None));
        }
        if !window.has_room() {
            return Poll::Pending;
        }
        taking.as_mut().poll(cx).map_ok(Some)
    })
    .await
}

/// The records on their way; each is asked only when it was woken.
struct Window<F: Future> {
    sending: FuturesUnordered<Weighed<F>>,
    bytes: usize,
}

/// A record on its way; it gives its bytes back.
struct Weighed<F> {
    bytes: usize,
    sending: Pin<Box<F>>,
}

impl<F: Future> Future for Weighed<F> {
    type Output = usize;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<usize> {
        self.sending.as_mut().poll(cx).map(|_| self.bytes)
    }
}

impl<F: Future> Window<F> {
    fn new() -> Self {
        Self {
            sending: FuturesUnordered::new(),
            bytes: 0,
        }
    }

    fn has_room(&self) -> bool {
        self.sending.len() + BATCH <= WINDOW && self.bytes < WINDOW_BYTES
    }

    /// It begins with the next [`poll`](Self::poll), after those that were started before: a transport sends in the order
    /// of the first polls.
    fn start(&mut self, bytes: usize, sending: F) {
        self.bytes += bytes;
        self.sending.push(Weighed {
            bytes,
            sending: Box::pin(sending),
        });
    }

    /// Lets go of those that are done.
    fn poll(&mut self, cx: &mut Context<'_>) {
        while let Poll::Ready(Some(bytes)) = Pin::new(&mut self.sending).poll_next(cx) {
            self.bytes -= bytes;
        }
    }

    /// Waits for what is on its way, and gives it back once there is no connection, which could use up all of the grace.
    async fn drain(mut self, bus: &Bus) {
        let mut states = bus.watch();
        let mut away = pin!(async {
            let is_away =
                |state: &EventsState| matches!(state, EventsState::Connecting | EventsState::Down(_));
            if states.wait_for(is_away).await.is_err() {
                pending::<()>().await;
            }
        });
        poll_fn(|cx| {
            self.poll(cx);
            if self.sending.is_empty() {
                return Poll::Ready(());
            }
            away.as_mut().poll(cx)
        })
        .await;
    }
}

/// Offers one record, once. Dropped, it gives the record back.
async fn send(taken: Taken, bus: Bus, gate: Arc<Gate>, shared: Weak<Shared>) {
    let Some(outgoing) = envelope::read(&taken.record().bytes) else {
        gate.ask_again();
        let logging = shared.upgrade().is_some_and(|shared| shared.logging);
        return bury(taken, "it is not an event of this version", logging);
    };
    let span = span::send(&Relayed {
        enabled: shared.upgrade().is_some_and(|shared| shared.logging),
        system: bus.system(),
        wire: &outgoing.wire,
    });
    let publishing = bus.publish(&outgoing, None).instrument(span.clone());
    let Err(nack) = publishing.await else {
        gate.open();
        return confirm(taken, &shared);
    };
    span::record_unsent(&span);
    let Some(shared) = shared.upgrade() else { return };
    shared.events.figures.refused();
    if nack.is_shut {
        gate.close(|longest| shared.random.below(longest));
    } else {
        gate.open();
    }
    refuse(taken, &outgoing.route.key(), &nack, &shared);
}

fn refuse(taken: Taken, key: &str, nack: &Nack, shared: &Shared) {
    let most = match nack.again {
        Again::Soon => LONGEST_PAUSE,
        Again::AfterAChange => BEFORE_A_CHANGE,
        Again::Never => return bury(taken, &nack.reason, shared.logging),
    };
    let pause = Pause {
        most,
        at_least: nack.after,
        draw: |longest| shared.random.below(longest),
    };
    taken.set_aside(key, pause);
}

fn confirm(taken: Taken, shared: &Weak<Shared>) {
    if let Some(shared) = shared.upgrade() {
        let waited = SystemTime::now().duration_since(taken.accepted_at());
        shared.events.figures.relayed(waited.unwrap_or_default());
    }
    taken.confirm();
}

fn bury(taken: Taken, reason: &str, logging: bool) {
    if logging {
        let (id, name) = (&*taken.record().id, &*taken.record().name);
        tracing::error!(target: "trunkline::event", id, name, reason, "a stored event can never be published, and is kept apart");
    }
    taken.bury(reason);
}
