//! Keeps one connection up, without end.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::Core;
use super::backoff::Backoff;
use super::fault::Fault;
use super::link::{Link, connect};
use super::log;
use super::state::Role;
use crate::events::EventsState;

pub(super) use crate::events::until::until;

/// A connection that lived so long was a good one: the next attempt after it comes at once.
const GOOD: Duration = Duration::from_secs(5);

/// The connection of the moment, where there is one.
pub(super) type Links = watch::Sender<Option<Arc<Link>>>;

/// True once the bus shuts down; gone with it.
pub(super) type Stop = watch::Receiver<bool>;

/// Connects, and connects again, until the bus stops.
pub(super) async fn run(core: Arc<Core>, role: Role, links: Arc<Links>, stop: Stop) {
    let mut backoff = Backoff::new();
    for attempt in 0_usize.. {
        if attempt == 0 {
            core.states.set(role, EventsState::Connecting);
        }
        let Some(connected) = until(&stop, dial(&core, role, attempt)).await else {
            return;
        };
        let fault = match connected {
            Err(fault) => fault,
            Ok(link) => {
                let since = Instant::now();
                let Some(fault) = serve(&core, role, &links, &stop, link).await else {
                    return;
                };
                backoff.lost();
                if since.elapsed() >= GOOD {
                    backoff = Backoff::new();
                }
                fault
            }
        };
        core.states.down(role, &fault);
        let wait = backoff.next(&core.random).max(fault.cause.pause());
        log::not_connected(&core, role, &fault, wait);
        if until(&stop, sleep(wait)).await.is_none() {
            return;
        }
    }
}

async fn dial(core: &Core, role: Role, attempt: usize) -> Result<Link, Fault> {
    let broker = core.addresses.turn(attempt);
    let tls = broker.is_encrypted.then(|| core.tls()).transpose()?;
    let name = format!("{} {}", core.name, role.name());
    connect(broker, &name, tls).await
}

/// Until the connection is over, and why; `None` once the bus stops.
async fn serve(core: &Core, role: Role, links: &Links, stop: &Stop, link: Link) -> Option<Fault> {
    let link = Arc::new(link);
    core.states.set(role, EventsState::Up);
    links.send_replace(Some(Arc::clone(&link)));
    let over = link.watch(|is_blocked| core.states.blocked(role, is_blocked));
    let fault = until(stop, over).await;
    links.send_replace(None);
    match &fault {
        Some(_) => link.cut(),
        None => link.close().await,
    }
    fault
}

/// The connection, once there is one; `None` when there will be none.
pub(super) async fn up(links: &mut watch::Receiver<Option<Arc<Link>>>) -> Option<Arc<Link>> {
    let link = links.wait_for(Option::is_some).await.ok()?;
    link.clone()
}

/// Until this connection is not the one of the moment.
pub(super) async fn gone(links: &mut watch::Receiver<Option<Arc<Link>>>, link: &Arc<Link>) {
    let is_other = |now: &Option<Arc<Link>>| now.as_ref().is_none_or(|now| !Arc::ptr_eq(now, link));
    // An error: there will be no other.
    let _ = links.wait_for(is_other).await;
}
