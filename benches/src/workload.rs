//! Which calls are made, and how many of them at a time.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

use crate::Result;
use crate::clients::Orders;
use crate::payload::Order;

/// One kind of call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workload {
    /// POST of 1 KiB, answered by 1 KiB.
    Post,
    /// GET of 300 bytes.
    Get,
    /// GET of a list of 64 KiB.
    List,
}

impl Workload {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Post, Self::Get, Self::List];

    /// What the table calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Post => "POST 1 KiB",
            Self::Get => "GET 300 B",
            Self::List => "GET 64 KiB",
        }
    }

    /// Makes one call.
    pub async fn call(self, orders: &impl Orders, order: &Order) -> Result<()> {
        match self {
            Self::Post => drop(black_box(orders.create(order).await?)),
            Self::Get => drop(black_box(orders.summary(4711).await?)),
            Self::List => drop(black_box(orders.list(640).await?)),
        }
        Ok(())
    }
}

/// One thread for the client, so that its CPU time is that of the calls and not of threads that wake each other.
///
/// # Panics
/// When the system has no poller to give.
pub fn runtime() -> Runtime {
    Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime starts")
}

/// Makes this many calls, so many of them at a time.
///
/// # Panics
/// When a call fails: there is nothing to measure then.
pub async fn run(orders: &(impl Orders + Clone + 'static), workload: Workload, in_flight: u32, calls: u32) {
    let left = Arc::new(AtomicU32::new(calls));
    let mut tasks = JoinSet::new();
    for _ in 0..in_flight.min(calls) {
        let (orders, left) = (orders.clone(), Arc::clone(&left));
        tasks.spawn(async move {
            let order = Order::example();
            while take_one(&left) {
                workload.call(&orders, &order).await?;
            }
            Result::Ok(())
        });
    }
    for end in tasks.join_all().await {
        end.expect("every call of a bench succeeds");
    }
}

fn take_one(left: &AtomicU32) -> bool {
    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
        .is_ok()
}
