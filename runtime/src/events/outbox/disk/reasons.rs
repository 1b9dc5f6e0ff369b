//! The table of why dead records were refused.

use redb::{ReadTransaction, TableError, WriteTransaction};

use super::super::engine::{Changes, EngineError};
use super::super::record::Stored;
use super::io;
use super::tables::{REASONS, key};

/// Adds those of the buried, and forgets those of the discarded.
pub(super) fn write(transaction: &WriteTransaction, changes: &Changes) -> Result<(), EngineError> {
    if changes.reasons.is_empty() && changes.discarded.is_empty() {
        return Ok(());
    }
    let mut table = transaction.open_table(REASONS).map_err(io)?;
    for (seq, reason) in &changes.reasons {
        table.insert(key(*seq), &**reason).map_err(io)?;
    }
    for seq in &changes.discarded {
        table.remove(key(*seq)).map_err(io)?;
    }
    Ok(())
}

/// Tells each of the dead why it is.
pub(super) fn tell(transaction: &ReadTransaction, dead: &mut [Stored]) -> Result<(), EngineError> {
    let table = match transaction.open_table(REASONS) {
        Ok(table) => table,
        Err(TableError::TableDoesNotExist(_)) => return Ok(()),
        Err(error) => return Err(io(error)),
    };
    for stored in dead {
        let reason = table.get(key(stored.seq)).map_err(io)?;
        stored.refused = reason.map(|reason| reason.value().to_owned());
    }
    Ok(())
}
