//! What an event costs within the process: encoding and decoding alone, publishing into a queue, and the whole way to a
//! handler; then, where valgrind is installed, the instructions of each.

use std::process::exit;

use tokio::runtime::{Builder, Runtime};
use trunkline_benches::instructions::{asked, can_be_counted, counted};
use trunkline_benches::{
    Cost, Options, Paid, Shipping, Turn, decode, encode, interleave, print_machine, runtime,
};

const ENCODE: &str = "encode";
const DECODE: &str = "decode";
const PUBLISH: &str = "publish";
const HANDLE: &str = "publish, handle";

const WORK: [&str; 4] = [ENCODE, DECODE, PUBLISH, HANDLE];

/// The events of the two counted runs.
const FEW: u32 = 2000;
const MANY: u32 = 10_000;

fn main() {
    let bench = Bench::new();
    if let Some((work, count)) = asked() {
        for name in WORK
            .into_iter()
            .filter(|name| work.iter().any(|asked| asked == name))
        {
            bench.cost(name, count);
        }
        exit(0);
    }
    measure(&bench, Options::from_args());
    measure_threads(&bench, Options::from_args());
    if can_be_counted() {
        count_instructions();
    }
}

struct Bench {
    runtime: Runtime,
    event: Paid,
    encoded: Vec<u8>,
    shipping: Shipping,
}

impl Bench {
    fn new() -> Self {
        let (runtime, event) = (runtime(), Paid::example());
        Self {
            encoded: encode(&event, 0),
            shipping: runtime.block_on(Shipping::start()).expect("a legal subscription"),
            runtime,
            event,
        }
    }

    fn cost(&self, name: &str, count: u32) -> Cost {
        let each = |work: &dyn Fn()| Cost::of(count, || (0..count).for_each(|_| work()));
        match name {
            ENCODE => each(&|| drop(encode(&self.event, self.encoded.len()))),
            DECODE => each(&|| decode(&self.encoded)),
            _ => {
                let taken = self.shipping.take(&self.event, count, name == HANDLE);
                self.runtime.block_on(taken).expect("the queue has room")
            }
        }
    }
}

fn measure(bench: &Bench, options: Options) {
    let bytes = bench.encoded.len();
    println!(
        "\nEvents of {bytes} bytes at `memory:`, one thread: medians of {} rounds",
        options.rounds
    );
    print_machine();
    let turn = |name| -> Turn<'_> { (name, Box::new(move |count| bench.cost(name, count))) };
    let figures = interleave(options, 1, WORK.map(turn).into());
    for figures in &figures {
        println!(
            "| {:<16} | {:>7.3} µs | {:>9.0} a second |",
            figures.name, figures.cpu, figures.rate
        );
    }
    let [encode, decode, publish, handle] = &*figures else {
        return;
    };
    println!(
        "publishing above encoding: {:.3} µs (goal: at most 2)",
        publish.cpu - encode.cpu
    );
    println!(
        "taking and handling above publishing: {:.3} µs, of which decoding {:.3} µs",
        handle.cpu - publish.cpu,
        decode.cpu
    );
}

/// The whole way, with one thread and with two for the same tasks.
fn measure_threads(bench: &Bench, options: Options) {
    let runtimes = [1, 2].map(|threads| {
        let runtime = Builder::new_multi_thread().worker_threads(threads).build();
        runtime.expect("a runtime starts")
    });
    let shippings = runtimes.each_ref().map(|runtime| {
        let shipping = runtime.block_on(Shipping::start());
        shipping.expect("a legal subscription")
    });
    let stream = |place: usize, count| {
        let stream = shippings[place].stream(&bench.event, count);
        Cost::of(count, || {
            runtimes[place].block_on(stream).expect("the queue has room");
        })
    };
    let turns: Vec<Turn<'_>> = vec![
        ("one thread", Box::new(|count| stream(0, count))),
        ("two threads", Box::new(|count| stream(1, count))),
    ];
    println!("\nPublished by two tasks and handled, by the threads of the runtime");
    for figures in interleave(options, 1, turns) {
        println!("| {:<16} | {:>9.0} a second |", figures.name, figures.rate);
    }
}

fn count_instructions() {
    println!("\nInstructions an event");
    for name in [ENCODE, DECODE, HANDLE] {
        println!("| {name:<16} | {:>7} |", counted(&[name], FEW, MANY));
    }
}
