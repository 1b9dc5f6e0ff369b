//! An outbox in the application's own database: the event is stored in the transaction of what it tells of, and published
//! once that is committed. Here it is `SQLite` by sqlx; any database with transactions will do.
//!
//! `cargo run --example outbox_sql`. Nothing to set up: the database is a file that is removed again.

use std::error::Error;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use sqlx::{Row, Sqlite, Transaction};
use tokio::sync::mpsc;
use trunkline::{Client, Delivery, Event, Events, OutboxSource};

#[derive(Serialize, Deserialize, Event)]
#[event("order_paid")]
struct OrderPaid {
    order: i64,
}

/// The events that are to be published, oldest first; and those that never can be.
const TABLES: &str = "
    CREATE TABLE orders (number INTEGER PRIMARY KEY, paid INTEGER NOT NULL);
    CREATE TABLE outbox (number INTEGER PRIMARY KEY AUTOINCREMENT, event BLOB NOT NULL);
    CREATE TABLE refused (event BLOB NOT NULL, reason TEXT NOT NULL);
    INSERT INTO orders (number, paid) VALUES (1, 0), (2, 0), (3, 0);
";

/// What the relay needs of the database.
struct Outbox(SqlitePool);

impl OutboxSource for Outbox {
    type Row = i64;
    type Error = sqlx::Error;

    async fn page(&self, after: Option<i64>, most: usize) -> sqlx::Result<Vec<(i64, Vec<u8>)>> {
        let page = sqlx::query("SELECT number, event FROM outbox WHERE number > ? ORDER BY number LIMIT ?");
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        // Numbers begin with 1.
        let page = page.bind(after.unwrap_or(0)).bind(most);
        let rows = page.fetch_all(&self.0).await?;
        Ok(rows
            .iter()
            .map(|row| (row.get("number"), row.get("event")))
            .collect())
    }

    async fn published(&self, rows: Vec<i64>) -> sqlx::Result<()> {
        let mut transaction = self.0.begin().await?;
        for number in rows {
            delete(&mut transaction, number).await?;
        }
        transaction.commit().await
    }

    async fn refused(&self, row: i64, reason: String) -> sqlx::Result<()> {
        let mut transaction = self.0.begin().await?;
        let keep = "INSERT INTO refused (event, reason) SELECT event, ? FROM outbox WHERE number = ?";
        sqlx::query(keep)
            .bind(reason)
            .bind(row)
            .execute(&mut *transaction)
            .await?;
        delete(&mut transaction, row).await?;
        transaction.commit().await
    }
}

async fn delete(transaction: &mut Transaction<'_, Sqlite>, number: i64) -> sqlx::Result<()> {
    let delete = sqlx::query("DELETE FROM outbox WHERE number = ?");
    delete.bind(number).execute(&mut **transaction).await.map(drop)
}

/// Pays an order. That it is paid and that this is told are one thing: both happen or neither does.
async fn pay(pool: &SqlitePool, events: &Events, order: i64, commit: bool) -> Result<(), Box<dyn Error>> {
    let mut transaction = pool.begin().await?;
    let pay = sqlx::query("UPDATE orders SET paid = 1 WHERE number = ?");
    pay.bind(order).execute(&mut *transaction).await?;
    let envelope = events.publish(&OrderPaid { order }).envelope()?;
    let store = sqlx::query("INSERT INTO outbox (event) VALUES (?)");
    store.bind(envelope.to_bytes()).execute(&mut *transaction).await?;
    if commit {
        transaction.commit().await?;
        println!(
            "order {order} is paid, and its event {} stored with it",
            envelope.id()
        );
    } else {
        transaction.rollback().await?;
        println!("order {order} is not paid: rolled back, and its event with it");
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let file = std::env::temp_dir().join(format!("trunkline-outbox-sql-{}.db", std::process::id()));
    let pool = SqlitePool::connect_with(
        SqliteConnectOptions::new()
            .filename(&file)
            .create_if_missing(true),
    )
    .await?;
    sqlx::raw_sql(TABLES).execute(&pool).await?;

    let events = Client::builder().name("orders").build()?.events();
    let (tell, mut told) = mpsc::unbounded_channel();
    let shipping = events
        .subscribe("shipping")
        .concurrency(1)
        .on(move |event: Delivery<OrderPaid>| {
            let tell = tell.clone();
            async move { tell.send(event.order) }
        });
    let shipping = shipping.start().await?;

    // Two orders are paid before anything relays: a process that was killed here would lose nothing.
    pay(&pool, &events, 1, true).await?;
    pay(&pool, &events, 2, false).await?;
    let relay = events.relay(Outbox(pool.clone()))?;
    pay(&pool, &events, 3, true).await?;
    relay.wake();

    let handled = [told.recv().await, told.recv().await];
    println!("shipping was told of {handled:?}");
    assert_eq!(handled, [Some(1), Some(3)]);

    relay.shutdown(Duration::from_secs(5)).await;
    shipping.shutdown(Duration::from_secs(5)).await?;
    let left: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM outbox")
        .fetch_one(&pool)
        .await?;
    println!("{left} events are left in the outbox");
    assert_eq!(left, 0);
    pool.close().await;
    std::fs::remove_file(file)?;
    Ok(())
}
