//! What an event costs within the process: encoding alone, publishing into a queue, and the whole way to a handler.

use trunkline_benches::{
    Cost, Options, Paid, encode, handled, interleave, print_machine, published, queued, runtime,
};

fn main() {
    let options = Options::from_args();
    let (runtime, event) = (runtime(), Paid::example());
    let bytes = encode(&event, 0).len();
    let encoding = |count| {
        Cost::of(count, || {
            for _ in 0..count {
                drop(encode(&event, bytes));
            }
        })
    };
    // A new client each turn, made before and dropped after it: its queue is part of what a publish costs.
    let publishing = |count| {
        let events = queued();
        Cost::of(count, || {
            let published = runtime.block_on(published(&events, &event, count));
            published.expect("the queue has room");
        })
    };
    let handling = |count| {
        let events = queued();
        Cost::of(count, || {
            let handled = runtime.block_on(handled(&events, &event, count));
            handled.expect("the queue has room");
        })
    };
    let turns: Vec<trunkline_benches::Turn<'_>> = vec![
        ("encode", Box::new(encoding)),
        ("publish", Box::new(publishing)),
        ("publish, handle", Box::new(handling)),
    ];
    println!(
        "\nEvents of {bytes} bytes at `memory:`, one thread: medians of {} rounds",
        options.rounds
    );
    print_machine();
    let figures = interleave(options, 1, turns);
    for figures in &figures {
        println!(
            "| {:<16} | {:>7.3} µs | {:>9.0} a second |",
            figures.name, figures.cpu, figures.rate
        );
    }
    let [encode, publish, handle] = &*figures else {
        return;
    };
    println!(
        "publishing above encoding: {:.3} µs (goal: at most 2)",
        publish.cpu - encode.cpu
    );
    println!(
        "taking and handling above publishing: {:.3} µs",
        handle.cpu - publish.cpu
    );
}
