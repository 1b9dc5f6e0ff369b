//! From disk to the broker: records in order, many on their way at a time, each until it is confirmed.
//!
//! Of the store it needs `take` and `arrived`, of a record `confirm`, `bury` and the drop that gives it back: another
//! backlog, in an application's own database, would stand behind these.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use tokio::sync::watch;
use tokio::time::timeout;
use tracing::Instrument;

use super::super::EventsState;
use super::super::bus::{Again, Bus, Nack, Outgoing};
use super::super::envelope;
use super::super::span::{self, Relayed};
use super::{Store, StoreError, Taken};
use crate::client::Shared;

/// Records on their way at the same time.
const WINDOW: usize = 256;
/// Records read at a time.
const BATCH: usize = 64;
/// The longest wait after the first refusal; it doubles up to the next.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// The longest where somebody has to change something first.
const BEFORE_A_CHANGE: Duration = Duration::from_secs(30);

/// Relays until it is told to stop, then until what is on its way is confirmed; ends with the store.
pub(super) async fn run(store: Store, bus: Bus, shared: Weak<Shared>, mut stop: watch::Receiver<bool>) {
    let mut window = Window::default();
    loop {
        if *stop.borrow() {
            return window.drain().await;
        }
        window.until_ready(&bus, &mut stop).await;
        if *stop.borrow() {
            continue;
        }
        match fill(&mut window, &store, &bus, &shared, &stop).await {
            // The publishes fail now, and say why.
            Err(_) => return,
            Ok(true) => continue,
            Ok(false) => {}
        }
        let has_room = window.has_room();
        let mut arrived = pin!(store.arrived());
        let mut stopped = pin!(stop.changed());
        poll_fn(|cx| {
            let progress = window.poll(cx);
            // One after the other, so that each is woken for.
            let news = has_room && arrived.as_mut().poll(cx).is_ready();
            let stop = stopped.as_mut().poll(cx).is_ready();
            if progress || news || stop {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }
}

/// Starts the next records; says whether there may be more.
async fn fill(
    window: &mut Window,
    store: &Store,
    bus: &Bus,
    shared: &Weak<Shared>,
    stop: &watch::Receiver<bool>,
) -> Result<bool, StoreError> {
    if !window.has_room() {
        return Ok(false);
    }
    let taken = store.take(BATCH).await?;
    let any = !taken.is_empty();
    for taken in taken {
        window.0.push(Box::pin(send(
            taken,
            bus.clone(),
            Weak::clone(shared),
            stop.clone(),
        )));
    }
    // Once each in their order: a transport sends in the order of the first polls.
    poll_fn(|cx| Poll::Ready(window.poll(cx))).await;
    Ok(any)
}

/// The records on their way, in the order in which they were started.
#[derive(Default)]
struct Window(Vec<Pin<Box<dyn Future<Output = ()> + Send>>>);

impl Window {
    fn has_room(&self) -> bool {
        self.0.len() + BATCH <= WINDOW
    }

    /// Whether any is done.
    fn poll(&mut self, cx: &mut Context<'_>) -> bool {
        let before = self.0.len();
        self.0
            .retain_mut(|sending| sending.as_mut().poll(cx).is_pending());
        self.0.len() < before
    }

    /// Waits for a connection, or for the end. Without one nothing is taken: the most urgent goes first once there is one.
    async fn until_ready(&mut self, bus: &Bus, stop: &mut watch::Receiver<bool>) {
        let mut ready = pin!(bus.ready());
        let mut stopped = pin!(stop.wait_for(|is_stopping| *is_stopping));
        poll_fn(|cx| {
            self.poll(cx);
            let is_stopped = stopped.as_mut().poll(cx).is_ready();
            if is_stopped || ready.as_mut().poll(cx).is_ready() {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }

    async fn drain(mut self) {
        poll_fn(|cx| {
            self.poll(cx);
            if self.0.is_empty() {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }
}

/// Offers one record until it is confirmed or refused for good. Dropped, expired, or told to stop before the next try or
/// while there is no connection, it gives the record back.
async fn send(taken: Taken, bus: Bus, shared: Weak<Shared>, mut stop: watch::Receiver<bool>) {
    let Some(outgoing) = envelope::read(&taken.record().bytes) else {
        return bury(taken, "it is not an event of this version");
    };
    let mut longest = FIRST_PAUSE;
    loop {
        if has_expired(&taken) {
            return;
        }
        let span = span::send(&Relayed {
            enabled: shared.upgrade().is_some_and(|shared| shared.logging),
            system: bus.system(),
            wire: &outgoing.wire,
        });
        let publishing = publish(&outgoing, &bus, &mut stop).instrument(span.clone());
        let Some(published) = publishing.await else {
            return;
        };
        let Err(nack) = published else {
            return confirm(taken, &shared);
        };
        span::record_unsent(&span);
        let Some(shared) = shared.upgrade() else { return };
        shared.events.figures.refused();
        let most = match nack.again {
            Again::Soon => LONGEST_PAUSE,
            Again::AfterAChange => BEFORE_A_CHANGE,
            Again::Never => return refuse(taken, &nack),
        };
        let pause = shared.random.below(longest).max(Duration::from_millis(1));
        drop::<Arc<Shared>>(shared);
        let stopped = stop.wait_for(|is_stopping| *is_stopping);
        if timeout(pause.max(nack.after), stopped).await.is_ok() {
            return;
        }
        longest = most.min(longest * 2);
    }
}

/// How the bus answered; `None` where it is to stop and has no connection, for which it would use up all of the grace.
async fn publish(
    outgoing: &Outgoing,
    bus: &Bus,
    stop: &mut watch::Receiver<bool>,
) -> Option<Result<(), Nack>> {
    let mut publishing = pin!(bus.publish(outgoing, None));
    let mut given_up = pin!(async {
        // An error: nobody stops it any more.
        let is_stopping = stop.wait_for(|is_stopping| *is_stopping).await.is_ok();
        let mut states = bus.watch();
        let is_away = is_stopping && states.wait_for(|state| *state != EventsState::Up).await.is_ok();
        if !is_away {
            std::future::pending::<()>().await;
        }
    });
    poll_fn(|cx| {
        if let Poll::Ready(published) = publishing.as_mut().poll(cx) {
            return Poll::Ready(Some(published));
        }
        given_up.as_mut().poll(cx).map(|()| None)
    })
    .await
}

/// The store buries it, once it has it back.
fn has_expired(taken: &Taken) -> bool {
    let end = taken.record().expires_at;
    end.is_some_and(|end| end <= SystemTime::now())
}

fn confirm(taken: Taken, shared: &Weak<Shared>) {
    if let Some(shared) = shared.upgrade() {
        let waited = SystemTime::now().duration_since(taken.accepted_at());
        shared.events.figures.relayed(waited.unwrap_or_default());
    }
    taken.confirm();
}

fn refuse(taken: Taken, nack: &Nack) {
    bury(taken, &nack.reason);
}

fn bury(taken: Taken, reason: &str) {
    let (id, name) = (&*taken.record().id, &*taken.record().name);
    tracing::error!(target: "trunkline", id, name, reason, "a stored event can never be published, and is kept apart");
    taken.bury();
}
