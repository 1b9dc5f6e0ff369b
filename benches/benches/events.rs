//! What an event costs within the process: encoding alone, publishing into a queue, and the whole way to a handler.

use trunkline_benches::{Cost, Options, Paid, Shipping, Turn, encode, interleave, print_machine, runtime};

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
    let shipping = runtime.block_on(Shipping::start()).expect("a legal subscription");
    let taking = |count, with_handling| {
        let taken = runtime.block_on(shipping.take(&event, count, with_handling));
        taken.expect("the queue has room")
    };
    let turns: Vec<Turn<'_>> = vec![
        ("encode", Box::new(encoding)),
        ("publish", Box::new(|count| taking(count, false))),
        ("publish, handle", Box::new(|count| taking(count, true))),
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
