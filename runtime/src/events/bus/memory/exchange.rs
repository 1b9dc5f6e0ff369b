//! Which queues an event goes to.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::{Declaration, Nack};
use crate::events::names::ALL;
use crate::events::topology::segment;

/// The most queues: each target that an event is sent to has one.
const MOST_QUEUES: usize = 10_000;
/// The most names of events that are bound, those of all queues together.
const MOST_BINDINGS: usize = 100_000;

/// The numbers of queues, which a publish reads without copying them.
pub(super) type Bound = Arc<[usize]>;

/// The topic exchange. All of our bindings say the first and the last of three words, so these find the queues.
#[derive(Default)]
pub(super) struct Exchange {
    labels: HashMap<Box<str>, usize>,
    bindings: HashMap<Box<str>, HashMap<Box<str>, Bound>>,
    bound: usize,
}

impl Exchange {
    /// How many queues there are; each has a number below.
    pub(super) fn queues(&self) -> usize {
        self.labels.len()
    }

    pub(super) fn queue(&self, label: &str) -> Option<usize> {
        self.labels.get(label).copied()
    }

    pub(super) fn labels(&self) -> impl Iterator<Item = (&str, usize)> {
        self.labels.iter().map(|(label, number)| (&**label, *number))
    }

    /// The queues of events whose key begins and ends with these words.
    pub(super) fn bound(&self, first: &str, last: &str) -> Option<Bound> {
        self.bindings.get(first)?.get(last).cloned()
    }

    /// The number of the queue, bound to what is for its group and to what is for all.
    pub(super) fn declare(&mut self, declaration: &Declaration) -> Result<usize, Nack> {
        let number = self.named(&declaration.label)?;
        let group = segment(&declaration.group);
        for name in &declaration.names {
            let name = segment(name);
            self.bind(&group, &name, number)?;
            self.bind(ALL, &name, number)?;
        }
        Ok(number)
    }

    /// Declares the queue of a target that nobody has subscribed for yet.
    pub(super) fn bind_target(&mut self, target: &str, name: &str) -> Result<(), Nack> {
        let number = self.named(target)?;
        self.bind(target, name, number)
    }

    fn named(&mut self, label: &str) -> Result<usize, Nack> {
        let next = self.labels.len();
        if let Some(known) = self.labels.get(label) {
            return Ok(*known);
        }
        if next >= MOST_QUEUES {
            return Err(too_many("queues", MOST_QUEUES));
        }
        self.labels.insert(label.into(), next);
        Ok(next)
    }

    fn bind(&mut self, first: &str, last: &str, number: usize) -> Result<(), Nack> {
        let names = self.bindings.entry(first.into()).or_default();
        let bound = names.get(last).map(|bound| &**bound).unwrap_or_default();
        if bound.contains(&number) {
            return Ok(());
        }
        if self.bound >= MOST_BINDINGS {
            return Err(too_many("bindings", MOST_BINDINGS));
        }
        let more = bound.iter().copied().chain([number]).collect();
        names.insert(last.into(), more);
        self.bound += 1;
        Ok(())
    }
}

fn too_many(what: &str, most: usize) -> Nack {
    Nack::permanent(format!(
        "events at `memory:` have {most} {what}, and no more are made"
    ))
}

#[cfg(test)]
mod tests {
    use super::super::super::Again;
    use super::*;
    use crate::events::text::Text;

    fn declare(exchange: &mut Exchange, group: &str, names: &[&str]) -> usize {
        let names = names.iter().copied().map(Text::copy).collect();
        let (group, label) = (Text::copy(group), Text::copy(&group.replace('.', "_")));
        let closing = tokio::sync::watch::channel(false).1;
        let declaration = Declaration {
            group,
            label,
            names,
            closing,
            prefetch: 16,
            steps: Vec::new(),
        };
        exchange.declare(&declaration).expect("few queues")
    }

    #[test]
    fn a_group_gets_what_is_for_it_and_what_is_for_all() {
        let mut exchange = Exchange::default();
        let a = declare(&mut exchange, "a.x", &["paid", "sent.v1"]);
        let b = declare(&mut exchange, "b", &["paid"]);
        assert_eq!(exchange.bound("all", "paid").as_deref(), Some(&[a, b][..]));
        assert_eq!(exchange.bound("a_x", "sent_v1").as_deref(), Some(&[a][..]));
        assert_eq!(exchange.bound("b", "sent_v1"), None);
    }

    #[test]
    fn declaring_again_changes_nothing() {
        let mut exchange = Exchange::default();
        let first = declare(&mut exchange, "a", &["paid"]);
        assert_eq!(declare(&mut exchange, "a", &["paid"]), first);
        assert_eq!((exchange.queues(), exchange.bound), (1, 2));
    }

    #[test]
    fn targets_are_bounded() {
        let mut exchange = Exchange::default();
        for number in 0..MOST_QUEUES {
            exchange.bind_target(&number.to_string(), "paid").expect("room");
        }
        let refused = exchange.bind_target("one more", "paid").expect_err("full");
        assert_eq!(refused.again, Again::Never);
        assert!(exchange.bind_target("7", "sent").is_ok());
    }
}
