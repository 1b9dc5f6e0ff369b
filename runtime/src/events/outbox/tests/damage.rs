//! A file that is not what was written: every record, or a loud refusal.

use super::super::{disk, mark};
use super::*;
use crate::random::Random;

const RECORDS: usize = 200;

/// A store's files after a clean end, and as a crash leaves them.
struct Image {
    clean: Vec<u8>,
    crashed: Vec<u8>,
    mark: Vec<u8>,
}

impl Image {
    async fn take() -> Self {
        let folder = Folder::new();
        let store = folder.open();
        for chunk in 0..10 {
            accept_all(
                &store,
                (0..RECORDS / 10).map(|number| large(chunk * RECORDS / 10 + number)),
            )
            .await;
        }
        let read = |name: &str| fs::read(folder.path().join(name)).expect("a file");
        let crashed = read(disk::FILE);
        let mark = read(mark::FILE);
        store.close().await;
        Self {
            clean: read(disk::FILE),
            crashed,
            mark,
        }
    }
}

/// A record that takes a good part of a page.
fn large(number: usize) -> Record {
    Record {
        bytes: Bytes::from(vec![b'x'; 500]),
        ..record(number)
    }
}

/// Opens a store from this file: all records, or a refusal that says so.
async fn check(file: &[u8], mark: &[u8], change: impl std::fmt::Display) -> bool {
    let folder = Folder::new();
    fs::create_dir_all(folder.path()).expect("a directory");
    fs::write(folder.path().join(disk::FILE), file).expect("written");
    fs::write(folder.path().join(mark::FILE), mark).expect("written");
    let store = match folder.try_open() {
        Ok(store) => store,
        Err(StoreError::Damaged { .. }) => return false,
        Err(error) => panic!("{change}: {error}"),
    };
    let taken = take_all(&store).await;
    assert_eq!(taken.len(), RECORDS, "{change}");
    for (number, taken) in taken.iter().enumerate() {
        assert_eq!(taken.record(), &large(number), "{change}");
    }
    // What it writes from here on does not harm what was there.
    accept_all(&store, (0..RECORDS).map(|number| large(RECORDS + number))).await;
    store.close().await;
    let store = folder
        .try_open()
        .unwrap_or_else(|error| panic!("{change}: after writing: {error}"));
    assert_eq!(store.figures().depth, 2 * RECORDS as u64, "{change}");
    true
}

/// event fault 21.
#[tokio::test]
async fn a_flipped_bit_loses_nothing_silently() {
    let image = Image::take().await;
    let random = Random::from_seed(21);
    for (name, file) in [("clean", &image.clean), ("crashed", &image.crashed)] {
        let mut refused = 0;
        for _ in 0..40 {
            let bit = usize::try_from(random.next_u64() % (file.len() as u64 * 8)).expect("a file fits");
            let mut flipped = file.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let intact = check(
                &flipped,
                &image.mark,
                format!("{name}, bit {bit} of byte {}", bit / 8),
            )
            .await;
            refused += u32::from(!intact);
        }
        assert!(refused > 0, "{name}: no flip was seen");
    }
}

/// event fault 21.
#[tokio::test]
async fn a_torn_tail_loses_nothing_silently() {
    let image = Image::take().await;
    let random = Random::from_seed(22);
    for (name, file) in [("clean", &image.clean), ("crashed", &image.crashed)] {
        for _ in 0..12 {
            let length = usize::try_from(random.next_u64() % file.len() as u64).expect("a file fits");
            check(&file[..length], &image.mark, format!("{name}, cut to {length}")).await;
        }
        for _ in 0..12 {
            let mut torn = file.clone();
            let from = usize::try_from(random.next_u64() % file.len() as u64).expect("a file fits");
            let to = (from + 4096).min(torn.len());
            torn[from..to].fill(0);
            check(&torn, &image.mark, format!("{name}, nothing from {from} to {to}")).await;
        }
    }
}

#[tokio::test]
async fn whole_files_are_whole() {
    let image = Image::take().await;
    assert!(check(&image.clean, &image.mark, "clean").await);
    assert!(check(&image.crashed, &image.mark, "crashed").await);
}

#[tokio::test]
async fn a_damaged_mark_costs_no_record() {
    let image = Image::take().await;
    for mark in [&b""[..], b"\0\0\0", &[0xff; 16], &image.mark[..9]] {
        assert!(check(&image.crashed, mark, "another mark").await);
    }
}

/// The engine would take such a file for a good one.
#[tokio::test]
async fn a_file_that_lost_its_newest_commits_is_refused() {
    let folder = Folder::new();
    let store = folder.open();
    store.accept(record(0)).await.expect("accepted");
    store.close().await;
    let older = fs::read(folder.path().join(disk::FILE)).expect("a file");
    let store = folder.open();
    store.accept(record(1)).await.expect("accepted");
    store.close().await;
    fs::write(folder.path().join(disk::FILE), older).expect("written");
    let error = folder.try_open().err().expect("refused").to_string();
    assert!(
        error.contains("its newest commits are missing: it has 1 of 2"),
        "{error}"
    );

    fs::remove_file(folder.path().join(disk::FILE)).expect("removed");
    let error = folder.try_open().err().expect("refused").to_string();
    assert!(error.contains("is gone, though it had 2 commits"), "{error}");
}

#[tokio::test]
async fn a_process_killed_while_it_made_the_store_leaves_no_trace() {
    let folder = Folder::new();
    fs::create_dir_all(folder.path()).expect("a directory");
    fs::write(folder.path().join("store.new"), [0; 5000]).expect("written");
    folder.open().accept(record(0)).await.expect("accepted");
}
