//! How urgent an event is.

use std::fmt;

use serde::Serialize;

/// How urgent an event is: where several wait, the more urgent goes first.
///
/// A lower priority is never starved: one turn in eight goes to the least urgent that waits. `High` and `Urgent` have a
/// lane of their own, so that a queue full of others does not hold them up.
///
/// ```
/// use trunkline::Priority;
///
/// assert!(Priority::Urgent > Priority::High);
/// assert_eq!(Priority::default(), Priority::Normal);
/// assert_eq!(Priority::Low.to_string(), "low");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// Goes when nothing else waits, or in its turn.
    Low,
    /// What most events are.
    #[default]
    Normal,
    /// Goes before the normal ones.
    High,
    /// Goes before all others.
    Urgent,
}

/// `medium` and `critical` are what other publishers say.
const NAMES: [(&str, Priority); 6] = [
    ("low", Priority::Low),
    ("normal", Priority::Normal),
    ("medium", Priority::Normal),
    ("high", Priority::High),
    ("urgent", Priority::Urgent),
    ("critical", Priority::Urgent),
];

impl Priority {
    /// How many there are.
    pub(crate) const COUNT: usize = 4;

    /// As families A and B write it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
            Self::Urgent => "urgent",
        }
    }

    /// The place in a list by priority, from the least urgent.
    pub(crate) fn index(self) -> usize {
        match self {
            Self::Low => 0,
            Self::Normal => 1,
            Self::High => 2,
            Self::Urgent => 3,
        }
    }

    /// The `priority` property in our own topology: 1, 4, 7, 9.
    pub(crate) fn native(self) -> u8 {
        match self {
            Self::Low => 1,
            Self::Normal => 4,
            Self::High => 7,
            Self::Urgent => 9,
        }
    }

    /// The priority of a native number of anybody's; the middle ones are normal.
    pub(crate) fn from_native(number: u8) -> Self {
        match number {
            0..=2 => Self::Low,
            3..=5 => Self::Normal,
            6..=8 => Self::High,
            9.. => Self::Urgent,
        }
    }

    /// The number of families A and B: 1 to 4.
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Low => 1,
            Self::Normal => 2,
            Self::High => 3,
            Self::Urgent => 4,
        }
    }

    /// The priority of families A and B by its number; `None` for what they do not have.
    pub(crate) fn from_number(number: u64) -> Option<Self> {
        match number {
            1 => Some(Self::Low),
            2 => Some(Self::Normal),
            3 => Some(Self::High),
            4 => Some(Self::Urgent),
            _ => None,
        }
    }

    /// The priority by its name in any case, with whatever class an enum of Python puts before it.
    pub(crate) fn from_name(text: &str) -> Option<Self> {
        let name = text.rsplit('.').next().unwrap_or(text).trim();
        let known = NAMES.iter().find(|(known, _)| name.eq_ignore_ascii_case(known));
        match known {
            Some((_, priority)) => Some(*priority),
            None => name.parse().ok().and_then(Self::from_number),
        }
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Priority; Priority::COUNT] =
        [Priority::Low, Priority::Normal, Priority::High, Priority::Urgent];

    #[test]
    fn every_priority_survives_both_numberings() {
        for (index, priority) in ALL.into_iter().enumerate() {
            assert_eq!(priority.index(), index);
            assert_eq!(Priority::from_native(priority.native()), priority);
            assert_eq!(Priority::from_number(priority.number().into()), Some(priority));
            assert_eq!(Priority::from_name(&priority.to_string()), Some(priority));
        }
    }

    #[test]
    fn reads_the_names_that_older_publishers_write() {
        let check = |text: &str, expected: Option<Priority>| {
            assert_eq!(Priority::from_name(text), expected, "{text:?}");
        };
        check("MessagePriority.NORMAL", Some(Priority::Normal));
        check("CRITICAL", Some(Priority::Urgent));
        check("3", Some(Priority::High));
        check("5", None);
        check("", None);
        check("highest", None);
    }
}
