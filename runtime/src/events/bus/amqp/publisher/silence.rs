//! Confirms that do not come: of one queue, or of the whole session.

use std::collections::HashMap;
use std::task::Context;
use std::time::Duration;

use tokio::time::{Instant, Interval, MissedTickBehavior, interval};

use super::super::super::Nack;
use super::super::fault::{Cause, Fault};
use super::super::link::Link;
use super::window::Window;
use super::{CONFIRM, Parcel};
use crate::events::text::Text;

/// How often confirms that do not come are looked for.
const LOOK: Duration = Duration::from_millis(250);
/// The longest that a session may be silent, however often that was in vain.
const LONGEST: Duration = Duration::from_secs(60);
/// How long a cut in vain is remembered.
const REMEMBERED: Duration = Duration::from_secs(10 * 60);

/// An exchange and a routing key: what goes there reaches the same queues.
pub(super) type Route = (Text, Text);

/// The routes on which a confirm is late. Whatever else is for them would not be confirmed either, and would be sent twice:
/// one at a time is sent, to see.
#[derive(Default)]
pub(super) struct Silent(HashMap<Route, Look>);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    Due,
    UnderWay,
}

impl Silent {
    /// Why the event is not sent now, where it is not.
    pub(super) fn refusal(&mut self, parcel: &Parcel) -> Option<Nack> {
        if self.0.is_empty() {
            return None;
        }
        let look = self.0.get_mut(&route(parcel))?;
        if std::mem::replace(look, Look::UnderWay) == Look::Due {
            return None;
        }
        let (exchange, key) = (&parcel.exchange, &parcel.key);
        Some(Nack::temporary(format!(
            "a queue does not confirm: what was sent before to exchange `{exchange}` with routing key `{key}` is not confirmed yet"
        )))
    }

    /// The event was not sent after all: the next one may be.
    pub(super) fn not_asked(&mut self, parcel: &Parcel) {
        if !self.0.is_empty()
            && let Some(look) = self.0.get_mut(&route(parcel))
        {
            *look = Look::Due;
        }
    }

    pub(super) fn late(&mut self, route: Route) {
        self.0.insert(route, Look::Due);
    }

    pub(super) fn heard(&mut self, route: &Route) {
        self.0.remove(route);
    }

    /// The same of an event; as a rule no route is silent.
    pub(super) fn heard_of(&mut self, parcel: &Parcel) {
        if !self.0.is_empty() {
            self.heard(&route(parcel));
        }
    }
}

pub(super) fn route(parcel: &Parcel) -> Route {
    (parcel.exchange.clone(), parcel.key.clone())
}

/// How long a session may confirm nothing at all. Each cut doubles it: where a queue is silent on each connection, and
/// nothing else is published, connecting again does not help.
#[derive(Default)]
pub(super) struct Limit(Option<(Instant, Duration)>);

impl Limit {
    pub(super) fn now(&self) -> Duration {
        match self.0 {
            Some((cut, next)) if cut.elapsed() < REMEMBERED => next,
            Some(_) | None => CONFIRM,
        }
    }

    /// A session was cut for its silence.
    pub(super) fn cut(&mut self) {
        self.0 = Some((Instant::now(), LONGEST.min(self.now() * 2)));
    }
}

/// Notices confirms that do not come.
pub(super) struct Patience {
    look: Interval,
    /// Since then the broker takes events; under an alarm it confirms none.
    open_since: Instant,
    /// How long nothing at all may be confirmed.
    limit: Duration,
}

impl Patience {
    pub(super) fn new(limit: Duration) -> Self {
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            look,
            open_since: Instant::now(),
            limit,
        }
    }

    /// Gives up what one queue does not confirm.
    ///
    /// # Errors
    /// When none confirms anything: on another connection that may be better.
    pub(super) fn look(
        &mut self,
        cx: &mut Context<'_>,
        window: &mut Window<'_>,
        link: &Link,
    ) -> Result<(), Fault> {
        if self.look.poll_tick(cx).is_pending() {
            return Ok(());
        }
        while self.look.poll_tick(cx).is_ready() {}
        if link.is_blocked() {
            self.open_since = Instant::now();
        }
        let silent_for = |since: Instant| since.max(self.open_since).elapsed();
        if window.silent_since().map(silent_for) >= Some(self.limit) {
            let text = format!("no confirm within {:?}", self.limit);
            return Err(Fault::new(Cause::Unconfirmed, text));
        }
        window.give_up(self.open_since);
        if window.has_too_many_late() {
            let text = "too many events whose confirm does not come";
            return Err(Fault::new(Cause::Unconfirmed, text));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn each_cut_in_vain_makes_the_next_one_later() {
        let mut limit = Limit::default();
        let mut limits = Vec::new();
        for _ in 0..5 {
            limits.push(limit.now().as_secs());
            limit.cut();
        }
        assert_eq!(limits, [10, 20, 40, 60, 60]);
        tokio::time::advance(REMEMBERED).await;
        assert_eq!(limit.now(), CONFIRM);
    }
}
