//! The bus of one process: the topology of a broker without one. Every client has its own.
//!
//! One short lock over exchange and queues, so that an event reaches all of its queues or none.

mod bounds;
mod exchange;
mod queue;
mod shelf;
mod source;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::SystemTime;

use tokio::time::Instant;

use self::exchange::{Bound, Exchange};
use self::queue::{Entry, Queue};
use self::shelf::Shelf;
use super::{Declaration, Nack, Outgoing, QueueFigures, Shelf as Place, Shelved};
use crate::client::lock;
use crate::events::Priority;
use crate::events::topology::Route;
use crate::events::wire::Wire;
use crate::{Error, ErrorKind};

pub(crate) use self::bounds::Bounds;
pub(crate) use self::source::{Source, Token};

/// Exchange and queues of one client.
pub(crate) struct MemoryBus {
    bounds: Bounds,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    exchange: Exchange,
    /// By the numbers that the exchange gives them.
    queues: Vec<Queue>,
    unrouted: Shelf<Outgoing>,
}

impl MemoryBus {
    pub(crate) fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            state: Mutex::default(),
        }
    }

    /// Puts the event into all queues that are bound for it, or, where there is none, to the unrouted ones.
    pub(crate) fn publish(&self, outgoing: &Outgoing) -> Result<(), Nack> {
        let mut state = self.state();
        if state.route(outgoing, self.bounds)? {
            return Ok(());
        }
        state.keep_unrouted(outgoing, self.bounds)
    }

    /// Declares the queue, binds it and takes from it.
    ///
    /// # Errors
    /// `Config` when there are too many queues or bindings.
    pub(crate) fn subscribe(self: &Arc<Self>, declaration: &Declaration) -> Result<Source, Error> {
        let mut state = self.state();
        let declared = state.exchange.declare(declaration);
        // Also where it was refused: the exchange may have given the queue its number.
        state.make_queues();
        let number = declared.map_err(refused)?;
        let arrived = state.queues[number].arrived();
        Ok(Source::new(Arc::clone(self), number, arrived))
    }

    /// Adds a dead letter to the queue of this label, which was declared.
    pub(crate) fn bury(&self, label: &str, copy: &Arc<Wire>, priority: Priority) -> Result<(), Nack> {
        let mut state = self.state();
        let Some(number) = state.exchange.queue(label) else {
            return Err(Nack::permanent(format!("there is no queue `{label}`")));
        };
        let entry = Entry::new(Arc::clone(copy), priority, Instant::now());
        state.queues[number].shelve(entry, self.bounds)
    }

    pub(crate) fn list(&self, place: &Place, most: usize) -> Vec<Shelved> {
        let state = self.state();
        match place {
            Place::Dead(label) => {
                let queue = state.exchange.queue(label).map(|number| &state.queues[number]);
                queue.map(|queue| queue.dead(most)).unwrap_or_default()
            }
            Place::Unrouted => state.unrouted.list(most),
        }
    }

    /// What does not fit, or has no queue still, stays on its shelf.
    pub(crate) fn replay(&self, place: &Place, id: Option<&str>) -> usize {
        let mut state = self.state();
        match place {
            Place::Dead(label) => match state.exchange.queue(label) {
                Some(number) => state.queues[number].replay(id, self.bounds),
                None => 0,
            },
            Place::Unrouted => state.replay_unrouted(id, self.bounds),
        }
    }

    pub(crate) fn discard(&self, place: &Place, id: &str) -> usize {
        let mut state = self.state();
        match place {
            Place::Dead(label) => match state.exchange.queue(label) {
                Some(number) => state.queues[number].discard(id),
                None => 0,
            },
            Place::Unrouted => state.unrouted.remove(Some(id), |_| true),
        }
    }

    pub(crate) fn queues(&self) -> Vec<(String, QueueFigures)> {
        let now = Instant::now();
        let state = self.state();
        let figures = |(label, number): (&str, usize)| (label.to_owned(), state.queues[number].figures(now));
        state.exchange.labels().map(figures).collect()
    }

    pub(crate) fn unrouted(&self) -> usize {
        self.state().unrouted.len()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

impl State {
    /// Puts the event into all of its queues or none; `false` where it has none.
    fn route(&mut self, outgoing: &Outgoing, bounds: Bounds) -> Result<bool, Nack> {
        let Some(bound) = self.bound(&outgoing.route)? else {
            return Ok(false);
        };
        let weight = outgoing.wire.weight();
        for number in &*bound {
            self.queues[*number].check_room(weight, bounds)?;
        }
        let now = Instant::now();
        for number in &*bound {
            let wire = Arc::clone(&outgoing.wire);
            self.queues[*number].push(Entry::new(wire, outgoing.priority, now));
        }
        Ok(true)
    }

    /// The queues that the event goes to. That of a target is declared, so that what is sent before the target was ever
    /// started is kept.
    fn bound(&mut self, route: &Route) -> Result<Option<Bound>, Nack> {
        let Some((first, last)) = route.ends() else {
            return Ok(None);
        };
        let bound = self.exchange.bound(&first, &last);
        let is_targeted = matches!(route, Route::Address { target: Some(_), .. });
        if bound.is_some() || !is_targeted {
            return Ok(bound);
        }
        let bound = self.exchange.bind_target(&first, &last);
        // Also where it was refused: the exchange may have given the queue its number.
        self.make_queues();
        bound?;
        Ok(self.exchange.bound(&first, &last))
    }

    /// Makes those that the exchange has numbers for.
    fn make_queues(&mut self) {
        self.queues.resize_with(self.exchange.queues(), Queue::default);
    }

    fn replay_unrouted(&mut self, id: Option<&str>, bounds: Bounds) -> usize {
        let mut unrouted = std::mem::take(&mut self.unrouted);
        let replayed = unrouted.remove(id, |outgoing| matches!(self.route(outgoing, bounds), Ok(true)));
        self.unrouted = unrouted;
        replayed
    }

    fn keep_unrouted(&mut self, outgoing: &Outgoing, bounds: Bounds) -> Result<(), Nack> {
        if !self.unrouted.has_room(outgoing.wire.weight(), bounds) {
            let reason = format!(
                "no queue is bound for `{}`, and the unrouted queue is full: {} events of {} bytes",
                outgoing.route.key(),
                self.unrouted.len(),
                self.unrouted.bytes()
            );
            return Err(Nack::temporary(reason));
        }
        self.unrouted.push(outgoing.clone(), SystemTime::now());
        Ok(())
    }
}

impl fmt::Debug for MemoryBus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryBus")
            .field("bounds", &self.bounds)
            .finish_non_exhaustive()
    }
}

fn refused(nack: Nack) -> Error {
    Error::new(ErrorKind::Config, nack.reason)
}
