//! Which step an exchange gets.

use super::Step;

/// What an instance does, exchange by exchange; made of one step, of a list whose last repeats, or by [`Step::cycle`].
#[derive(Clone, Debug)]
pub struct Steps {
    steps: Vec<Step>,
    cycle: bool,
}

impl Steps {
    pub(super) fn new(steps: impl IntoIterator<Item = Step>, cycle: bool) -> Self {
        Self {
            steps: steps.into_iter().collect(),
            cycle,
        }
    }

    /// The step of that exchange, the first being 0.
    pub(super) fn get(&self, exchange: usize) -> Option<&Step> {
        let last = self.steps.len().checked_sub(1)?;
        let at = if self.cycle {
            exchange % self.steps.len()
        } else {
            exchange.min(last)
        };
        self.steps.get(at)
    }
}

impl<I: IntoIterator<Item = Step>> From<I> for Steps {
    fn from(steps: I) -> Self {
        Self::new(steps, false)
    }
}

/// A step alone is a list of one.
impl IntoIterator for Step {
    type Item = Self;
    type IntoIter = std::iter::Once<Self>;

    fn into_iter(self) -> Self::IntoIter {
        std::iter::once(self)
    }
}
