//! The tables of a store's file.

use redb::{TableDefinition, WriteTransaction};

use super::super::checksum::checksum;
use super::super::record::{Lane, Seq};
use super::{EngineError, broken, io};

/// Lane and number: the order of a table is the order of the relay.
pub(super) type Key = (u8, u64);

/// Records that wait for a confirm.
pub(super) const PENDING: TableDefinition<'static, Key, &'static [u8]> = TableDefinition::new("pending");
/// Records whose time passed.
pub(super) const DEAD: TableDefinition<'static, Key, &'static [u8]> = TableDefinition::new("dead");
/// When which pending record expires; records without an end are not in it.
pub(super) const EXPIRY: TableDefinition<'static, (u64, u8, u64), ()> = TableDefinition::new("expiry");
/// What each subscription has handled, in its order. A store of an earlier version has no such table.
pub(super) const HANDLED: TableDefinition<'static, (&str, u64), &str> = TableDefinition::new("handled");
/// Why a dead record was refused for good. A store of an earlier version has no such table.
pub(super) const REASONS: TableDefinition<'static, Key, &'static str> = TableDefinition::new("reasons");
/// One row: the [`Standing`].
const STANDING: TableDefinition<'static, (), &'static [u8]> = TableDefinition::new("standing");

const WORDS: usize = 6;

/// What the tables must contain, counted apart from them: a record that is missing shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) commits: u64,
    pub(super) next: u64,
    pub(super) pending: Tally,
    pub(super) dead: Tally,
}

/// How many records, and how many bytes they take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) records: u64,
    pub(super) bytes: u64,
}

impl Tally {
    pub(super) fn add(&mut self, bytes: usize) {
        self.records += 1;
        self.bytes += u64::try_from(bytes).unwrap_or(u64::MAX);
    }

    pub(super) fn subtract(&mut self, bytes: usize) {
        self.records = self.records.saturating_sub(1);
        self.bytes = self
            .bytes
            .saturating_sub(u64::try_from(bytes).unwrap_or(u64::MAX));
    }
}

impl Standing {
    pub(super) fn write(&self, transaction: &WriteTransaction) -> Result<(), EngineError> {
        let mut table = transaction.open_table(STANDING).map_err(io)?;
        table.insert((), self.to_bytes().as_slice()).map_err(io)?;
        Ok(())
    }

    pub(super) fn read(transaction: &redb::ReadTransaction) -> Result<Self, EngineError> {
        let table = transaction.open_table(STANDING).map_err(io)?;
        let row = redb::ReadableTable::get(&table, ()).map_err(io)?;
        let row = row.ok_or_else(|| broken("its count of records is missing"))?;
        Self::from_bytes(row.value()).ok_or_else(|| broken("its count of records has a wrong checksum"))
    }

    fn to_bytes(self) -> Vec<u8> {
        let words: [u64; WORDS] = [
            self.commits,
            self.next,
            self.pending.records,
            self.pending.bytes,
            self.dead.records,
            self.dead.bytes,
        ];
        let mut bytes: Vec<u8> = words.into_iter().flat_map(u64::to_le_bytes).collect();
        bytes.extend_from_slice(&checksum([0, 0], &bytes).to_le_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (covered, sum) = bytes.split_at_checked(WORDS * 8)?;
        if sum != checksum([0, 0], covered).to_le_bytes() {
            return None;
        }
        let (words, _) = covered.as_chunks::<8>();
        let mut words = words.iter().map(|word| u64::from_le_bytes(*word));
        Some(Self {
            commits: words.next()?,
            next: words.next()?,
            pending: Tally {
                records: words.next()?,
                bytes: words.next()?,
            },
            dead: Tally {
                records: words.next()?,
                bytes: words.next()?,
            },
        })
    }
}

pub(super) fn key(seq: Seq) -> Key {
    (seq.lane.index(), seq.number)
}

pub(super) fn seq_of(lane: u8, number: u64) -> Result<Seq, EngineError> {
    let lane =
        Lane::from_index(lane).ok_or_else(|| broken(format!("record {number} is in lane {lane} of 4")))?;
    Ok(Seq { lane, number })
}
