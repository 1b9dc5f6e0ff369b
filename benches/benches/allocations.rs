//! Allocations a call. A bench of its own: an allocator that counts would cost those most that allocate most.

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use trunkline_benches::server::{Server, serve_if_asked};
use trunkline_benches::{
    Bare, Client, Middleware, Naive, Paid, Trunkline, Workload, encode, published, queued, run, runtime,
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
    Ok(())
}

/// An event of 1 KiB: encoding alone, and publishing into a queue of this process.
fn print_events() {
    let (runtime, event, events) = (runtime(), Paid::example(), queued());
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

/// Allocations and bytes a call.
fn figures(region: &Region<'_, System>) -> (f64, f64) {
    let (change, calls) = (region.change(), f64::from(CALLS));
    #[expect(clippy::cast_precision_loss, reason = "some millions")]
    (
        (change.allocations + change.reallocations) as f64 / calls,
        change.bytes_allocated as f64 / calls,
    )
}
