//! Whose directory is it? One process holds it, by a lock that the system drops with the process: a store whose owner
//! died is adopted by whoever opens it next.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::StoreError;

/// The directory of a store, locked while this value lives.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    _lock: File,
}

impl Directory {
    /// Creates the directory where it is missing, and locks it.
    ///
    /// # Errors
    /// [`StoreError::InUse`] where another store has it, [`StoreError::Unusable`] where the system refuses.
    pub(super) fn lock(path: &Path) -> Result<Self, StoreError> {
        let unusable = |error: io::Error| unusable(path, &error);
        fs::create_dir_all(path).map_err(unusable)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path.join("lock"))
            .map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                path: path.to_owned(),
                _lock: lock,
            }),
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse(path.to_owned())),
            Err(TryLockError::Error(error)) => Err(unusable(error)),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the names in it durable: a file whose name is lost in a power cut is lost.
    pub(super) fn sync(&self) -> io::Result<()> {
        sync_names(&self.path)?;
        match self.path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => sync_names(parent),
            Some(_) | None => Ok(()),
        }
    }
}

/// The error for a directory that the system refuses.
pub(super) fn unusable(path: &Path, error: &io::Error) -> StoreError {
    StoreError::Unusable {
        directory: path.to_owned(),
        reason: error.to_string().into(),
    }
}

#[cfg(unix)]
fn sync_names(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// Elsewhere a directory cannot be opened as a file, and its names are journaled.
#[cfg(not(unix))]
fn sync_names(_directory: &Path) -> io::Result<()> {
    Ok(())
}
