//! The events that a subscription has handled, kept beside those that wait to be sent.

use std::fmt;

use super::{Store, StoreError};
use crate::events::text::Text;

/// What one subscription has handled: the latest so many events, by source and id.
#[derive(Clone)]
pub(crate) struct Ledger {
    store: Store,
    label: Text,
    most: usize,
}

impl Ledger {
    pub(super) fn new(store: Store, label: Text, most: usize) -> Self {
        Self { store, label, most }
    }

    /// All that it holds, the oldest first; source and id of each.
    ///
    /// # Errors
    /// Why the store has ended.
    pub(crate) async fn read(&self) -> Result<Vec<(String, String)>, StoreError> {
        let lines = self.store.handled(&self.label).await?;
        Ok(lines.iter().filter_map(|line| parse(line)).collect())
    }

    /// Returns when it is on disk that the event was handled.
    ///
    /// # Errors
    /// Why the store has ended.
    pub(crate) async fn add(&self, source: &str, id: &str) -> Result<(), StoreError> {
        self.store.mark(&self.label, line(source, id), self.most).await
    }
}

/// Unlike that of any other pair, whatever the two hold.
fn line(source: &str, id: &str) -> String {
    format!("{}:{source}{id}", source.len())
}

fn parse(line: &str) -> Option<(String, String)> {
    let (length, rest) = line.split_once(':')?;
    let (source, id) = rest.split_at_checked(length.parse().ok()?)?;
    Some((source.to_owned(), id.to_owned()))
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger")
            .field("label", &self.label)
            .field("most", &self.most)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_pair_comes_back_as_it_went(source: String, id: String) {
            prop_assert_eq!(parse(&line(&source, &id)), Some((source, id)));
        }

        #[test]
        fn other_lines_are_no_panic(text: String) {
            let _ = parse(&text);
        }
    }
}
