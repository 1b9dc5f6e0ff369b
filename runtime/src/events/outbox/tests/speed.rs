//! Many producers share a commit; and how fast that is:
//! `cargo test --release -p trunkline --features outbox --lib outbox::tests::speed -- --nocapture`

#![expect(clippy::cast_precision_loss, reason = "figures for people")]

use std::time::Instant;

use redb::{Database, TableDefinition};

use super::*;

const EACH: usize = 500;

#[test]
fn many_producers_share_a_commit() {
    let single = single_appends();
    println!("redb, one durable append at a time: {single:.0}/s");
    for producers in [1, 8, 64, 256] {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(measure(producers));
    }
}

async fn measure(producers: usize) {
    let folder = Folder::new();
    let store = folder.open();
    let each = EACH * 8 / producers.clamp(8, 64);
    let started = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for producer in 0..producers {
        let store = store.clone();
        tasks.spawn(async move {
            let mut times = Vec::with_capacity(each);
            for number in 0..each {
                let record = Record {
                    bytes: Bytes::from(vec![b'x'; 1024]),
                    ..record(format!("{producer}-{number}"))
                };
                let before = Instant::now();
                store.accept(record).await.expect("accepted");
                times.push(before.elapsed());
            }
            times
        });
    }
    let mut times = Vec::new();
    while let Some(done) = tasks.join_next().await {
        times.extend(done.expect("no panic"));
    }
    let took = started.elapsed().as_secs_f64();
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    let figures = store.figures();
    if producers >= 64 {
        // While one commit is on its way to the disk, the others gather for the next.
        assert!(figures.commits * 2 <= figures.accepted, "{figures:?}");
    }
    println!(
        "accepting, {producers} producers: {:.0}/s, p50 {:?}, p99 {:?}, {:.1} a commit",
        times.len() as f64 / took,
        at(50),
        at(99),
        figures.accepted as f64 / figures.commits as f64,
    );

    let started = Instant::now();
    let mut relayed = 0;
    while relayed < times.len() {
        for taken in store.take(64).await.expect("open") {
            taken.confirm();
            relayed += 1;
        }
    }
    store.flush().await.expect("open");
    println!(
        "  taking 64 at a time and confirming: {:.0}/s",
        relayed as f64 / started.elapsed().as_secs_f64()
    );
}

/// What a store without group commit could do on this disk.
fn single_appends() -> f64 {
    const TABLE: TableDefinition<'static, u64, &'static [u8]> = TableDefinition::new("records");
    let folder = Folder::new();
    fs::create_dir_all(folder.path()).expect("a directory");
    let database = Database::create(folder.path().join("single.redb")).expect("created");
    let started = Instant::now();
    for number in 0..100 {
        let transaction = database.begin_write().expect("begun");
        let mut table = transaction.open_table(TABLE).expect("opened");
        table.insert(number, [b'x'; 1024].as_slice()).expect("inserted");
        drop(table);
        transaction.commit().expect("committed");
    }
    100.0 / started.elapsed().as_secs_f64()
}
