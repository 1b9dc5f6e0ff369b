//! Why the outbox could not keep a record.

use std::error::Error;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// What went wrong with the store. Cloneable: one failed commit answers all who waited for it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub(crate) enum StoreError {
    /// Another process, or another client of this one, has the directory.
    InUse(PathBuf),
    /// The directory or a file in it cannot be read or written.
    Unusable {
        /// Of this outbox.
        directory: PathBuf,
        /// What the system said.
        reason: Arc<str>,
    },
    /// Something was changed since it was written. Nothing of it is relayed, so that nobody takes a part for the whole.
    Damaged {
        /// Of this outbox.
        directory: PathBuf,
        /// What differs, and where.
        reason: Arc<str>,
    },
    /// A commit failed, and what is on disk is uncertain until the store is opened again.
    Failed {
        /// Of this outbox.
        directory: PathBuf,
        /// What failed.
        reason: Arc<str>,
    },
    /// The store was shut down.
    Closed,
    /// The record would not fit into an empty store.
    TooLarge {
        /// Of the record.
        length: usize,
        /// Of the store.
        bound: usize,
    },
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InUse(directory) => {
                let directory = directory.display();
                write!(
                    f,
                    "the outbox in {directory} is in use by another client; each needs a directory of its own"
                )
            }
            Self::Unusable { directory, reason } => {
                write!(
                    f,
                    "the outbox in {} cannot be opened: {reason}",
                    directory.display()
                )
            }
            Self::Damaged { directory, reason } => {
                write!(f, "the outbox in {} is damaged: {reason}; ", directory.display())?;
                f.write_str("restore it, or move it away to start an empty one")
            }
            Self::Failed { directory, reason } => {
                write!(
                    f,
                    "the outbox in {} is closed since a write failed: {reason}",
                    directory.display()
                )
            }
            Self::Closed => f.write_str("the outbox is shut down"),
            Self::TooLarge { length, bound } => {
                write!(
                    f,
                    "an event of {length} bytes does not fit into an outbox of {bound} bytes"
                )
            }
        }
    }
}

impl Error for StoreError {}
