//! The application's own outbox in front of the messaging service.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::timeout;
use trunkline::{Client, OutboxSource, Result};
use trunkline_tests::events::Paid;

use super::messaging::{Messaging, Reply, SOON};

/// A table in memory, and the first rows of the pages that were asked for.
#[derive(Clone, Default)]
struct Table(Arc<Mutex<Inside>>);

#[derive(Default)]
struct Inside {
    rows: BTreeMap<u32, Vec<u8>>,
    begun_after: Vec<Option<u32>>,
}

impl Table {
    /// Stores so many orders, more than a page.
    fn of(client: &Client, orders: u32) -> Result<Self> {
        let table = Self::default();
        for order in 0..orders {
            let publish = client.events().publish(&Paid { order });
            table.inside().rows.insert(order, publish.envelope()?.to_bytes());
        }
        Ok(table)
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until so many pages were asked for.
    async fn wait_for(&self, pages: usize) {
        let asked = async {
            while self.inside().begun_after.len() < pages {
                tokio::task::yield_now().await;
            }
        };
        timeout(SOON, asked).await.expect("it goes on");
    }
}

impl OutboxSource for Table {
    type Row = u32;
    type Error = Infallible;

    async fn page(
        &self,
        after: Option<u32>,
        most: usize,
    ) -> std::result::Result<Vec<(u32, Vec<u8>)>, Infallible> {
        let mut inside = self.inside();
        inside.begun_after.push(after);
        let rows = inside.rows.range(after.map_or(0, |after| after + 1)..).take(most);
        Ok(rows.map(|(row, event)| (*row, event.clone())).collect())
    }

    async fn published(&self, rows: Vec<u32>) -> std::result::Result<(), Infallible> {
        self.inside().rows.retain(|row, _| !rows.contains(row));
        Ok(())
    }

    async fn refused(&self, row: u32, reason: String) -> std::result::Result<(), Infallible> {
        panic!("row {row} was refused: {reason}")
    }
}

/// The orders as they were published, page by page: within one they go at the same time.
fn pages(messaging: &Messaging) -> Vec<u64> {
    let published = messaging.published();
    let orders = published.iter().map(|one| one.body["data"]["order"].as_u64());
    orders.map(|order| order.expect("a number") / 64).collect()
}

#[tokio::test]
async fn while_the_messaging_service_is_away_nothing_is_passed_over() -> Result<()> {
    let messaging = Messaging::start().await;
    let client = messaging.client().build()?;
    let address = messaging.stop().await;
    let table = Table::of(&client, 200)?;
    let relay = client.events().relay(table.clone())?;
    table.wait_for(4).await;
    assert!(table.inside().begun_after.iter().all(Option::is_none));

    let messaging = Messaging::start_at(&address).await;
    messaging.wait_for("/publish", 200).await;
    let pages = pages(&messaging);
    assert!(pages.is_sorted(), "{pages:?}");
    relay.shutdown(SOON).await;
    Ok(())
}

#[tokio::test]
async fn while_nobody_is_let_in_nothing_is_passed_over() -> Result<()> {
    let messaging = Messaging::start().await;
    messaging.answer((0..128).map(|_| Reply::new(401, "")));
    let client = messaging.client().build()?;
    let table = Table::of(&client, 100)?;
    let relay = client.events().relay(table.clone())?;
    messaging.wait_for("/publish", 128 + 100).await;
    let orders = messaging.published().split_off(128);
    let first = orders[..64].iter().map(|one| one.body["data"]["order"].as_u64());
    assert!(first.flatten().all(|order| order < 64));
    relay.shutdown(SOON).await;
    Ok(())
}

#[tokio::test]
async fn what_the_service_does_not_take_is_passed_over() -> Result<()> {
    let messaging = Messaging::start().await;
    messaging.answer((0..64).map(|_| Reply::new(404, "")));
    let client = messaging.client().build()?;
    let table = Table::of(&client, 100)?;
    let relay = client.events().relay(table.clone())?;
    messaging.wait_for("/publish", 64 + 100).await;
    assert_eq!(table.inside().begun_after[1], Some(63));
    relay.shutdown(SOON).await;
    Ok(())
}
