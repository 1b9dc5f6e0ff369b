//! The table of what subscriptions have handled: numbered in order, cut off at the oldest.

use redb::{ReadTransaction, ReadableTable, Table, TableError, WriteTransaction};

use super::super::engine::{EngineError, Handled};
use super::io;
use super::tables::HANDLED;

/// Adds these and forgets what is too old.
pub(super) fn write(transaction: &WriteTransaction, handled: &[Handled]) -> Result<(), EngineError> {
    if handled.is_empty() {
        return Ok(());
    }
    let mut table = transaction.open_table(HANDLED).map_err(io)?;
    for Handled { label, event, most } in handled {
        let number = match ends(&table, label)? {
            Some((_, last)) => last + 1,
            None => 0,
        };
        table.insert((&**label, number), &**event).map_err(io)?;
        while let Some((first, last)) = ends(&table, label)?
            && last - first >= *most
        {
            table.remove((&**label, first)).map_err(io)?;
        }
    }
    Ok(())
}

/// All of one subscription, the oldest first.
pub(super) fn read(transaction: &ReadTransaction, label: &str) -> Result<Vec<String>, EngineError> {
    let table = match transaction.open_table(HANDLED) {
        Ok(table) => table,
        Err(TableError::TableDoesNotExist(_)) => return Ok(Vec::new()),
        Err(error) => return Err(io(error)),
    };
    let range = table.range((label, 0)..=(label, u64::MAX)).map_err(io)?;
    range
        .map(|entry| Ok(entry.map_err(io)?.1.value().to_owned()))
        .collect()
}

/// The numbers of the first and the last.
fn ends(table: &Table<'_, (&str, u64), &str>, label: &str) -> Result<Option<(u64, u64)>, EngineError> {
    let mut range = table.range((label, 0)..=(label, u64::MAX)).map_err(io)?;
    let Some(first) = range.next() else {
        return Ok(None);
    };
    let first = first.map_err(io)?.0.value().1;
    let last = match range.next_back() {
        Some(last) => last.map_err(io)?.0.value().1,
        None => first,
    };
    Ok(Some((first, last)))
}
