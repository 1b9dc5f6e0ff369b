//! An inbox in the application's own database: that an event was handled is stored in the transaction of what its handler
//! did, so that an event which comes again has its effect once. Here it is `SQLite` by sqlx; any database with
//! transactions will do.
//!
//! `cargo run --example inbox_sql`. Nothing to set up: the database is a file that is removed again.

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use tokio::sync::mpsc;
use trunkline::{Client, Delivery, Event, HandlerError, Inbox};

#[derive(Serialize, Deserialize, Event)]
#[event("order_paid", target = "shipping")]
struct OrderPaid {
    order: i64,
}

/// An event is known by its source and its id. How long a row has to stay is how late an event may come again: dead letters
/// are replayed days later.
const TABLES: &str = "
    CREATE TABLE parcels (number INTEGER PRIMARY KEY AUTOINCREMENT, paid_order INTEGER NOT NULL);
    CREATE TABLE inbox (
        source TEXT NOT NULL,
        id TEXT NOT NULL,
        handled_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
        PRIMARY KEY (source, id)
    );
";

/// Packs a parcel for a paid order, once for each event however often it comes. That it is packed and that the event is
/// handled are one thing: both happen or neither does.
async fn pack(pool: &SqlitePool, event: &Delivery<OrderPaid>) -> Result<(), HandlerError> {
    let mut transaction = pool.begin().await?;
    let mark = sqlx::query("INSERT INTO inbox (source, id) VALUES (?, ?) ON CONFLICT DO NOTHING");
    let mark = mark.bind(event.source()).bind(event.id());
    if mark.execute(&mut *transaction).await?.rows_affected() == 0 {
        println!("{} was handled before", event.id());
        return Ok(());
    }
    let pack = sqlx::query("INSERT INTO parcels (paid_order) VALUES (?)");
    pack.bind(event.order).execute(&mut *transaction).await?;
    if event.order == 2 && event.attempt() == 1 {
        // The transaction is dropped: the parcel and the mark are rolled back, and the event comes again.
        return Err(HandlerError::retry("the printer of labels is out of paper"));
    }
    transaction.commit().await?;
    println!("{}: a parcel for order {}", event.id(), event.order);
    Ok(())
}

/// The orders of the parcels that are there after this file's events were handled.
async fn parcels(file: &Path) -> Result<Vec<i64>, Box<dyn Error>> {
    let options = SqliteConnectOptions::new().filename(file).create_if_missing(true);
    let pool = SqlitePool::connect_with(options).await?;
    sqlx::raw_sql(TABLES).execute(&pool).await?;

    let events = Client::builder().name("orders").build()?.events();
    let (tell, mut told) = mpsc::unbounded_channel();
    let database = pool.clone();
    let handler = move |event: Delivery<OrderPaid>| {
        let (pool, tell) = (database.clone(), tell.clone());
        async move {
            let handled = pack(&pool, &event).await;
            if handled.is_ok() {
                tell.send(event.order)?;
            }
            handled
        }
    };
    // Without an inbox of its own: a mark outside of the transaction would be another truth.
    let shipping = events.subscribe("shipping").inbox(Inbox::off());
    let shipping = shipping.concurrency(1).on(handler).start().await?;

    // The first one comes twice, as after a connection that was lost before its acknowledgement.
    for (id, order) in [("paid-1", 1), ("paid-2", 2), ("paid-1", 1), ("paid-3", 3)] {
        events.publish(&OrderPaid { order }).id(id).await?;
    }
    for _ in 0..4 {
        told.recv().await;
    }
    shipping.shutdown(Duration::from_secs(5)).await?;
    let parcels = sqlx::query_scalar("SELECT paid_order FROM parcels ORDER BY paid_order");
    let parcels = parcels.fetch_all(&pool).await?;
    pool.close().await;
    Ok(parcels)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let file = std::env::temp_dir().join(format!("trunkline-inbox-sql-{}.db", std::process::id()));
    let parcels = parcels(&file).await;
    std::fs::remove_file(file)?;
    println!("parcels are packed for the orders {:?}", parcels?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_comes_again_has_its_effect_once() {
        let file = std::env::temp_dir().join(format!("trunkline-inbox-sql-test-{}.db", std::process::id()));
        let parcels = parcels(&file).await;
        std::fs::remove_file(file).expect("it was made");
        assert_eq!(parcels.expect("all is handled"), [1, 2, 3]);
    }
}
