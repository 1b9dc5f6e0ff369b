//! Allocations a call. A bench of its own: an allocator that counts would cost those most that allocate most.

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use trunkline_benches::server::{Server, serve_if_asked};
use trunkline_benches::{
    Bare, Client, Middleware, Naive, Paid, Shipping, Trunkline, Workload, encode, published, run, runtime,
};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// The first calls make connections and grow buffers.
const WARM_UP: u32 = 200;

/// Enough that a task or a timer of the pool that comes by counts for nothing.
const CALLS: u32 = 2000;

fn main() -> std::io::Result<()> {
    serve_if_asked()?;
    let server = Server::start()?;
    println!("\nAllocations a call, reallocations included");
    for workload in Workload::ALL {
        println!("{}:", workload.name());
        print::<Naive>(server.url(), workload);
        print::<Middleware>(server.url(), workload);
        print::<Trunkline>(server.url(), workload);
        print::<Bare>(server.url(), workload);
    }
    print_events();
    print_growth();
    Ok(())
}

/// An event of 1 KiB: encoding alone, and publishing into a queue of this process.
fn print_events() {
    let (runtime, event) = (runtime(), Paid::example());
    let events = trunkline::Client::builder()
        .build()
        .expect("no settings")
        .events();
    let bytes = encode(&event, 0).len();
    let publish = |count| {
        let published = runtime.block_on(published(&events, &event, count));
        published.expect("the queue has room");
    };
    publish(WARM_UP);
    println!("Event of {bytes} bytes at `memory:`:");
    let counted = |work: &dyn Fn()| {
        let region = Region::new(ALLOCATOR);
        work();
        figures(&region)
    };
    let encoding = counted(&|| (0..CALLS).for_each(|_| drop(encode(&event, bytes))));
    let publishing = counted(&|| publish(CALLS));
    println!(
        "  {:<18} {:>6.1} of {:>8.0} bytes",
        "encode", encoding.0, encoding.1
    );
    println!(
        "  {:<18} {:>6.1} of {:>8.0} bytes",
        "publish", publishing.0, publishing.1
    );
    println!(
        "  {:<18} {:>6.1} (goal: at most 8)",
        "above encoding",
        publishing.0 - encoding.0
    );
}

fn print<C: Client>(url: &str, workload: Workload) {
    let (runtime, client) = (runtime(), C::at(url));
    runtime.block_on(run(&client, workload, 1, WARM_UP));
    let region = Region::new(ALLOCATOR);
    runtime.block_on(run(&client, workload, 1, CALLS));
    let (count, bytes) = figures(&region);
    println!("  {:<18} {count:>6.1} of {bytes:>8.0} bytes", C::NAME);
}

/// What a client with a worker holds on to: after as many events as an inbox remembers, nothing more.
fn print_growth() {
    let (runtime, event) = (runtime(), Paid::example());
    let shipping = runtime.block_on(Shipping::start()).expect("a legal subscription");
    let region = Region::new(ALLOCATOR);
    println!("Held after publishing and handling:");
    for total in [200_000, 1_000_000] {
        let before = shipping.handled_so_far();
        let taken = runtime.block_on(shipping.take(&event, total - before, true));
        taken.expect("the queue has room");
        let change = region.change();
        let held = change.bytes_allocated.saturating_sub(change.bytes_deallocated);
        println!("  {total:>9} events {:>8} KiB", held / 1024);
    }
}

/// Allocations and bytes a call.
fn figures(region: &Region<'_, System>) -> (f64, f64) {
    let (change, calls) = (region.change(), f64::from(CALLS));
    #[expect(clippy::cast_precision_loss, reason = "some millions")]
    (
        (change.allocations + change.reallocations) as f64 / calls,
        change.bytes_allocated as f64 / calls,
    )
}
