//! Allocations a call. A bench of its own: an allocator that counts would cost those most that allocate most.

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use trunkline_benches::server::{Server, serve_if_asked};
use trunkline_benches::{Bare, Client, Middleware, Naive, Trunkline, Workload, run, runtime};

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
    Ok(())
}

fn print<C: Client>(url: &str, workload: Workload) {
    let (runtime, client) = (runtime(), C::at(url));
    runtime.block_on(run(&client, workload, 1, WARM_UP));
    let region = Region::new(ALLOCATOR);
    runtime.block_on(run(&client, workload, 1, CALLS));
    let change = region.change();
    let calls = f64::from(CALLS);
    #[expect(clippy::cast_precision_loss, reason = "some millions")]
    let (count, bytes) = (
        (change.allocations + change.reallocations) as f64 / calls,
        change.bytes_allocated as f64 / calls,
    );
    println!("  {:<18} {count:>6.1} of {bytes:>8.0} bytes", C::NAME);
}
