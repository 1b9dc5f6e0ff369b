//! A disk that refuses: an error at once, never `Ok`, and nothing lost that was there.

use std::io;
use std::sync::atomic::AtomicU8;
use std::time::Instant;

use redb::StorageBackend;
use redb::backends::FileBackend;

use super::*;

pub(super) const WRITES: u8 = 1;
pub(super) const SYNCS: u8 = 2;
const PANICS: u8 = 3;

/// A file with a switch.
#[derive(Debug)]
struct Faulty {
    file: FileBackend,
    broken: Arc<AtomicU8>,
    error: io::ErrorKind,
}

impl Faulty {
    fn check(&self, what: u8) -> io::Result<()> {
        match self.broken.load(Ordering::SeqCst) {
            // A panic that prints nothing: to name the frames of a backtrace takes longer than the test allows.
            PANICS => std::panic::resume_unwind(Box::new("as told")),
            broken if broken == what => Err(self.error.into()),
            _ => Ok(()),
        }
    }
}

impl StorageBackend for Faulty {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.check(WRITES)?;
        self.file.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.check(SYNCS)?;
        self.file.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.check(WRITES)?;
        self.file.write(offset, data)
    }

    fn close(&self) -> io::Result<()> {
        self.file.close()
    }
}

/// A store whose disk breaks as the switch says.
pub(super) fn faulty(folder: &Folder, bounds: Bounds, error: io::ErrorKind) -> (Store, Arc<AtomicU8>) {
    let broken = Arc::new(AtomicU8::new(0));
    let switch = Arc::clone(&broken);
    let wrap = |file| Faulty {
        file,
        broken: switch,
        error,
    };
    let store = Store::open_with(folder.path(), bounds, Arc::new(SystemTime::now), wrap);
    (store.expect("opens"), broken)
}

/// A hundred records go in, the disk breaks, a hundred more come, the disk recovers.
async fn breaks(what: u8, error: io::ErrorKind) {
    let folder = Folder::new();
    let (store, broken) = faulty(&folder, Bounds::default(), error);
    accept_all(&store, (0..100).map(record)).await;
    let held = store.take(1).await.expect("open");

    broken.store(what, Ordering::SeqCst);
    let started = Instant::now();
    let mut waiting = tokio::task::JoinSet::new();
    for id in 100..200 {
        let store = store.clone();
        waiting.spawn(async move { store.accept(record(id)).await });
    }
    while let Some(answer) = waiting.join_next().await {
        let error = answer.expect("no panic").expect_err("nothing was stored");
        assert!(
            matches!(error, StoreError::Failed { .. } | StoreError::Closed),
            "{error}"
        );
    }
    assert!(started.elapsed().as_secs() < 1, "answered at once");
    let error = store.accept(record(200)).await.expect_err("closed");
    assert_eq!(store.failure(), Some(error.clone()));
    assert!(
        error.to_string().contains(&folder.path().display().to_string()),
        "{error}"
    );
    assert_eq!(store.take(1).await.err(), Some(error.clone()));
    store.arrived().await;
    held.into_iter().for_each(Taken::confirm);

    broken.store(0, Ordering::SeqCst);
    store.close().await;
    let store = folder.open();
    let taken = take_all(&store).await;
    let expected: Vec<_> = (0..100).map(|id| id.to_string()).collect();
    // What was refused may be there all the same: the error said that it is uncertain.
    assert_eq!(ids(&taken)[..100], expected);
    store.accept(record("after")).await.expect("accepted");
}

/// event fault 20.
#[tokio::test]
async fn a_failed_sync_closes_the_store() {
    breaks(SYNCS, io::ErrorKind::Other).await;
}

/// event fault 20.
#[tokio::test]
async fn a_full_disk_closes_the_store() {
    breaks(WRITES, io::ErrorKind::StorageFull).await;
}

/// event fault 20.
#[tokio::test]
async fn a_disk_turned_read_only_closes_the_store() {
    breaks(WRITES, io::ErrorKind::ReadOnlyFilesystem).await;
}

#[tokio::test]
async fn a_panic_of_the_engine_closes_the_store() {
    breaks(PANICS, io::ErrorKind::Other).await;
}

#[tokio::test]
async fn who_waits_for_room_hears_of_the_end() {
    let folder = Folder::new();
    let bounds = Bounds {
        records: 1,
        ..Bounds::default()
    };
    let (store, broken) = faulty(&folder, bounds, io::ErrorKind::Other);
    store.accept(record(0)).await.expect("accepted");
    let waiting = tokio::spawn({
        let store = store.clone();
        async move { store.accept(record(1)).await }
    });
    tokio::task::yield_now().await;
    broken.store(SYNCS, Ordering::SeqCst);
    store
        .take(1)
        .await
        .expect("open")
        .into_iter()
        .for_each(Taken::confirm);
    let error = waiting.await.expect("no panic").expect_err("the store failed");
    assert!(matches!(error, StoreError::Failed { .. }), "{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_directory_that_cannot_be_made_is_named() {
    let folder = Folder::new();
    fs::create_dir_all(folder.path()).expect("a directory");
    let file = folder.path().join("file");
    fs::write(&file, "").expect("a file");
    let error = Store::open(&file, Bounds::default()).err().expect("refused");
    assert!(
        matches!(&error, StoreError::Unusable { directory, .. } if *directory == file),
        "{error}"
    );
}
