//! How many commits must the store have? A mark beside it, so that a store that lost its newest commits is refused.
//!
//! After a crash the engine falls back to the commit before the newest where the newest is damaged, and says nothing.
//! The mark is written after each commit without a sync of its own: a power cut may leave an older one, which asks for
//! less; a killed process leaves the newest.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::checksum::checksum;

/// The name of the file in the store's directory.
pub(super) const FILE: &str = "commits";

/// The file that says how many commits there were.
#[derive(Debug)]
pub(super) struct Mark {
    file: File,
}

impl Mark {
    pub(super) fn open(directory: &Path) -> io::Result<Self> {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(directory.join(FILE))?;
        Ok(Self { file })
    }

    /// The commits that the store must have: 0 where the mark is new or was itself damaged.
    pub(super) fn read(&mut self) -> io::Result<u64> {
        let mut bytes = Vec::with_capacity(16);
        self.file.seek(SeekFrom::Start(0))?;
        Read::by_ref(&mut self.file).take(16).read_to_end(&mut bytes)?;
        Ok(commits(&bytes).unwrap_or(0))
    }

    pub(super) fn write(&mut self, commits: u64) -> io::Result<()> {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&commits.to_le_bytes());
        bytes[8..].copy_from_slice(&checksum([0, 0], &commits.to_le_bytes()).to_le_bytes());
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&bytes)
    }
}

fn commits(bytes: &[u8]) -> Option<u64> {
    let (commits, sum) = bytes.split_at_checked(8)?;
    let sum = u64::from_le_bytes(sum.try_into().ok()?);
    let count = u64::from_le_bytes(commits.try_into().ok()?);
    (checksum([0, 0], commits) == sum).then_some(count)
}
