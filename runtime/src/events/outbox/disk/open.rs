//! Opening a store: created whole or not at all, and believed only after every record was read.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Mutex;

use redb::backends::FileBackend;
use redb::{Database, ReadableDatabase, ReadableTable, StorageBackend};

use super::super::StoreError;
use super::super::directory::{Directory, unusable};
use super::super::engine::{EngineError, Level};
use super::super::mark::Mark;
use super::tables::{DEAD, EXPIRY, Key, PENDING, Standing, Tally};
use super::{Disk, Progress, broken, level, stored};

/// The name of the file in the store's directory.
pub(in super::super) const FILE: &str = "store.redb";
/// What it is called until its first commit is on disk.
const UNFINISHED: &str = "store.new";
/// Pages in memory. The records of a full store stay on disk.
const CACHE: usize = 16 << 20;

/// Opens the store of a directory, or creates it. `wrap` stands between the engine and the file; tests put faults there.
///
/// # Errors
/// [`StoreError::Damaged`] where a record, a count or a commit is missing or changed; [`StoreError::Unusable`] where the
/// system refuses.
pub(in super::super) fn open<B: StorageBackend>(
    directory: Directory,
    wrap: impl FnOnce(FileBackend) -> B,
) -> Result<(Disk, Level), StoreError> {
    let path = directory.path();
    let refused = |error: io::Error| unusable(path, &error);
    let file = path.join(FILE);
    let mut mark = Mark::open(path).map_err(refused)?;
    let least = mark.read().map_err(refused)?;
    if !file.try_exists().map_err(refused)? {
        if least > 0 {
            return Err(damaged(
                path,
                format!("{FILE} is gone, though it had {least} commits"),
            ));
        }
        create(&directory).map_err(|error| error.at(path))?;
    }
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .open(file)
        .map_err(refused)?;
    let (database, standing, level) = load(file, wrap).map_err(|error| error.at(path))?;
    if standing.commits < least {
        let reason = format!(
            "its newest commits are missing: it has {} of {least}",
            standing.commits
        );
        return Err(damaged(path, reason));
    }
    let progress = Mutex::new(Progress { standing, mark });
    Ok((
        Disk {
            database,
            progress,
            _directory: directory,
        },
        level,
    ))
}

/// Makes an empty store under another name first: a process killed here leaves nothing that looks like a store.
fn create(directory: &Directory) -> Result<(), EngineError> {
    let unfinished = directory.path().join(UNFINISHED);
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(super::io(error)),
        Ok(()) | Err(_) => {}
    }
    let database = Database::create(&unfinished).map_err(super::io)?;
    let transaction = database.begin_write().map_err(super::io)?;
    transaction.open_table(PENDING).map_err(super::io)?;
    transaction.open_table(EXPIRY).map_err(super::io)?;
    transaction.open_table(DEAD).map_err(super::io)?;
    Standing::default().write(&transaction)?;
    transaction.commit().map_err(super::io)?;
    drop(database);
    File::open(&unfinished)
        .and_then(|file| file.sync_all())
        .map_err(super::io)?;
    fs::rename(&unfinished, directory.path().join(FILE)).map_err(super::io)?;
    directory.sync().map_err(super::io)
}

/// Reads everything. The engine may panic on a file that it did not write, which says no more than "damaged".
fn load<B: StorageBackend>(
    file: File,
    wrap: impl FnOnce(FileBackend) -> B,
) -> Result<(Database, Standing, Level), EngineError> {
    let empty = file.metadata().map_err(super::io)?.len() == 0;
    if empty {
        return Err(broken(format!("{FILE} is empty")));
    }
    let backend = wrap(FileBackend::new(file).map_err(super::io)?);
    catch_unwind(AssertUnwindSafe(|| {
        let mut database = Database::builder()
            .set_cache_size(CACHE)
            .create_with_backend(backend)
            .map_err(open_error)?;
        database.check_integrity().map_err(open_error)?;
        let (standing, level) = check(&database)?;
        Ok((database, standing, level))
    }))
    .unwrap_or_else(|_| Err(broken(format!("{FILE} cannot be read"))))
}

/// Compares what is there with what was counted.
fn check(database: &Database) -> Result<(Standing, Level), EngineError> {
    let transaction = database.begin_read().map_err(super::io)?;
    let standing = Standing::read(&transaction)?;
    let pending = transaction.open_table(PENDING).map_err(super::io)?;
    let dead = transaction.open_table(DEAD).map_err(super::io)?;
    let expiry = transaction.open_table(EXPIRY).map_err(super::io)?;
    for (name, counted, table) in [
        ("waiting", standing.pending, &pending),
        ("expired", standing.dead, &dead),
    ] {
        let found = tally(table, standing.next)?;
        if found != counted {
            let reason = format!(
                "{} {name} records of {} bytes are there, {} of {} bytes were stored",
                found.records, found.bytes, counted.records, counted.bytes
            );
            return Err(broken(reason));
        }
    }
    let level = level(&pending, &expiry, &standing)?;
    Ok((standing, level))
}

/// Counts a table's records, each against its checksum.
fn tally(table: &impl ReadableTable<Key, &'static [u8]>, next: u64) -> Result<Tally, EngineError> {
    let mut found = Tally::default();
    for entry in table.iter().map_err(super::io)? {
        let (key, value) = entry.map_err(super::io)?;
        let record = stored(key.value(), value.value())?;
        if record.seq.number >= next {
            return Err(broken(format!(
                "record {} is newer than the store",
                record.seq.number
            )));
        }
        found.add(value.value().len());
    }
    Ok(found)
}

/// A file that opens but does not parse is damage; that the system refuses it is not.
fn open_error(error: redb::DatabaseError) -> EngineError {
    match error {
        redb::DatabaseError::Storage(redb::StorageError::Io(cause)) if refused(&cause) => super::io(cause),
        other => broken(other.to_string()),
    }
}

/// redb reports a file it cannot make sense of as invalid data, or as an end that comes too soon.
fn refused(error: &io::Error) -> bool {
    !matches!(
        error.kind(),
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof
    )
}

impl EngineError {
    fn at(self, directory: &Path) -> StoreError {
        match self {
            Self::Io(reason) => StoreError::Unusable {
                directory: directory.to_owned(),
                reason: reason.into(),
            },
            Self::Damaged(reason) => damaged(directory, reason),
        }
    }
}

fn damaged(directory: &Path, reason: String) -> StoreError {
    StoreError::Damaged {
        directory: directory.to_owned(),
        reason: reason.into(),
    }
}
