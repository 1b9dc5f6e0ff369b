//! What the outbox keeps: one event, its place in the relay's order, and how both lie on disk.

use std::time::{Duration, SystemTime};

use bytes::Bytes;

use super::super::Priority;
use super::checksum::checksum;

/// The layout below; a store with another number is refused, never guessed at.
const LAYOUT: u8 = 1;
/// Layout, checksum, accepted, expires, length of the id, length of the name.
const HEAD: usize = 1 + 8 + 8 + 8 + 2 + 2;
/// Where the bytes that the checksum covers begin.
const COVERED: usize = 1 + 8;

/// How soon a record is relayed: all of one lane before the next, but for one slot in eight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Lane {
    /// Before all others.
    Urgent,
    /// Before what is normal.
    High,
    /// Where an event goes that says nothing.
    Normal,
    /// After all others.
    Low,
}

impl Lane {
    /// Every lane, in the relay's order.
    pub(super) const ALL: [Self; 4] = [Self::Urgent, Self::High, Self::Normal, Self::Low];

    /// Its number on disk, which is its place in [`Lane::ALL`] as well.
    pub(super) fn index(self) -> u8 {
        match self {
            Self::Urgent => 0,
            Self::High => 1,
            Self::Normal => 2,
            Self::Low => 3,
        }
    }

    pub(super) fn from_index(index: u8) -> Option<Self> {
        Self::ALL.get(usize::from(index)).copied()
    }
}

impl From<Priority> for Lane {
    fn from(priority: Priority) -> Self {
        match priority {
            Priority::Low => Self::Low,
            Priority::Normal => Self::Normal,
            Priority::High => Self::High,
            Priority::Urgent => Self::Urgent,
        }
    }
}

/// Names a record of one store while it is there. No event's id comes from it: a store that starts afresh counts from
/// the beginning again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Seq {
    pub(super) lane: Lane,
    /// Rises by one with each record of the store, across its lanes.
    pub(super) number: u64,
}

/// One event on its way to disk, or back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    /// The event's id, the same on every attempt.
    pub(crate) id: String,
    /// The event's name, for lists and figures.
    pub(crate) name: String,
    /// Its place in the relay's order.
    pub(crate) lane: Lane,
    /// When it is no longer worth relaying; `None`: it waits for ever.
    pub(crate) expires_at: Option<SystemTime>,
    /// What the relay publishes; the outbox never looks inside.
    pub(crate) bytes: Bytes,
}

impl Record {
    /// The bytes that it takes of the store's bound.
    pub(super) fn weight(&self) -> u64 {
        let length = HEAD + self.id.len() + self.name.len() + self.bytes.len();
        u64::try_from(length).unwrap_or(u64::MAX)
    }
}

/// A record as it came from disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) seq: Seq,
    pub(crate) accepted_at: SystemTime,
    pub(crate) record: Record,
    /// Of a dead one, why it was refused for good; `None` where it expired, or a version before wrote it.
    pub(crate) refused: Option<String>,
}

/// A record in the form that lies on disk; its checksum waits for the [`Seq`].
pub(super) struct Encoded {
    pub(super) lane: Lane,
    pub(super) expires_at: Option<u64>,
    bytes: Vec<u8>,
}

impl Encoded {
    /// `None` where the id or the name has more than 65 535 bytes.
    pub(super) fn new(record: &Record, accepted_at: SystemTime) -> Option<Self> {
        let id = u16::try_from(record.id.len()).ok()?;
        let name = u16::try_from(record.name.len()).ok()?;
        // Zero stands for "never", so the epoch itself is moved by one millisecond.
        let expires_at = record.expires_at.map(|at| millis(at).max(1));
        let mut bytes = Vec::with_capacity(HEAD + record.id.len() + record.name.len() + record.bytes.len());
        bytes.push(LAYOUT);
        bytes.extend_from_slice(&[0; 8]);
        bytes.extend_from_slice(&millis(accepted_at).to_le_bytes());
        bytes.extend_from_slice(&expires_at.unwrap_or(0).to_le_bytes());
        bytes.extend_from_slice(&id.to_le_bytes());
        bytes.extend_from_slice(&name.to_le_bytes());
        bytes.extend_from_slice(record.id.as_bytes());
        bytes.extend_from_slice(record.name.as_bytes());
        bytes.extend_from_slice(&record.bytes);
        Some(Self {
            lane: record.lane,
            expires_at,
            bytes,
        })
    }

    /// The bytes that this record takes of the store's bound.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Writes the checksum, which covers the key too: a record under another's key is damage.
    pub(super) fn seal(&mut self, seq: Seq) -> &[u8] {
        let sum = record_sum(seq, &self.bytes[COVERED..]);
        self.bytes[1..COVERED].copy_from_slice(&sum.to_le_bytes());
        &self.bytes
    }
}

/// Reads a record back; the error says what is wrong with it.
pub(super) fn decode(seq: Seq, bytes: &[u8]) -> Result<Stored, String> {
    parse(seq, bytes).map_err(|wrong| format!("record {} of lane {:?}: {wrong}", seq.number, seq.lane))
}

/// When the record under these bytes was accepted.
pub(super) fn accepted(bytes: &[u8]) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(9..17)?.try_into().ok()?))
}

/// When the record under these bytes expires; `None`: never. Only for bytes that [`decode`] has seen.
pub(super) fn expiry(bytes: &[u8]) -> Option<u64> {
    let at = bytes.get(17..25)?.try_into().ok()?;
    Some(u64::from_le_bytes(at)).filter(|at| *at > 0)
}

/// Milliseconds since the epoch.
pub(super) fn millis(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// The time at so many milliseconds after the epoch; the epoch where the clock has no such time.
pub(super) fn time(millis: u64) -> SystemTime {
    let since = Duration::from_millis(millis);
    SystemTime::UNIX_EPOCH
        .checked_add(since)
        .unwrap_or(SystemTime::UNIX_EPOCH)
}

fn parse(seq: Seq, bytes: &[u8]) -> Result<Stored, &'static str> {
    let (layout, rest) = bytes.split_first().ok_or("it is empty")?;
    if *layout != LAYOUT {
        return Err("its layout is not the one of this version");
    }
    let mut rest = Reader(rest);
    let sum = rest.number().ok_or("it is cut short")?;
    if sum != record_sum(seq, rest.0) {
        return Err("its checksum differs");
    }
    let accepted_at = rest.number().ok_or("it is cut short")?;
    let expires_at = rest.number().ok_or("it is cut short")?;
    let (id, name) = rest.lengths().ok_or("it is cut short")?;
    let id = rest.text(id).ok_or("its id is not text")?;
    let name = rest.text(name).ok_or("its name is not text")?;
    let record = Record {
        id,
        name,
        lane: seq.lane,
        expires_at: Some(expires_at).filter(|at| *at > 0).map(time),
        bytes: Bytes::copy_from_slice(rest.0),
    };
    Ok(Stored {
        seq,
        accepted_at: time(accepted_at),
        record,
        refused: None,
    })
}

fn record_sum(seq: Seq, covered: &[u8]) -> u64 {
    checksum([u64::from(seq.lane.index()), seq.number], covered)
}

/// What is left to read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }

    fn lengths(&mut self) -> Option<(usize, usize)> {
        let id = u16::from_le_bytes(self.take(2)?.try_into().ok()?);
        let name = u16::from_le_bytes(self.take(2)?.try_into().ok()?);
        Some((usize::from(id), usize::from(name)))
    }

    fn text(&mut self, length: usize) -> Option<String> {
        String::from_utf8(self.take(length)?.to_vec()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEQ: Seq = Seq {
        lane: Lane::High,
        number: 7,
    };

    fn record(expires_at: Option<u64>) -> Record {
        Record {
            id: "0190f2".into(),
            name: "chat_completed".into(),
            lane: Lane::High,
            expires_at: expires_at.map(time),
            bytes: Bytes::from_static(b"{\"user\":1}"),
        }
    }

    fn sealed(expires_at: Option<u64>) -> Vec<u8> {
        let mut encoded = Encoded::new(&record(expires_at), time(5)).expect("short names");
        encoded.seal(SEQ).to_vec()
    }

    #[test]
    fn a_record_comes_back_as_it_went() {
        for expires_at in [None, Some(1), Some(u64::MAX / 1_000_000)] {
            let stored = decode(SEQ, &sealed(expires_at)).expect("intact");
            assert_eq!((stored.record, stored.accepted_at), (record(expires_at), time(5)));
            assert_eq!(expiry(&sealed(expires_at)), expires_at);
        }
    }

    #[test]
    fn any_flipped_bit_and_any_cut_is_refused() {
        let bytes = sealed(Some(9));
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(decode(SEQ, &flipped).is_err(), "bit {bit}");
        }
        for length in 0..bytes.len() {
            assert!(decode(SEQ, &bytes[..length]).is_err(), "length {length}");
        }
    }

    #[test]
    fn a_record_under_the_key_of_another_is_refused() {
        let error = decode(Seq { number: 8, ..SEQ }, &sealed(None)).expect_err("another key");
        assert_eq!(error, "record 8 of lane High: its checksum differs");
    }

    #[test]
    fn an_id_that_is_too_long_is_no_record() {
        let long = Record {
            id: "x".repeat(65_536),
            ..record(None)
        };
        assert!(Encoded::new(&long, time(5)).is_none());
    }

    #[test]
    fn lanes_have_the_number_of_their_place() {
        for (place, lane) in Lane::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(lane.index()), place);
            assert_eq!(Lane::from_index(lane.index()), Some(lane));
        }
        assert_eq!(Lane::from_index(4), None);
    }
}
