//! What a call costs in this process: its sockets are memory, and no system call is made for it.
//!
//! First the clients beside each other; then trunkline's stages beside its transport alone; then, where valgrind is
//! installed, the instructions of both.

#[cfg(target_os = "linux")]
mod instructions;
#[cfg(target_os = "linux")]
mod memory;

#[cfg(target_os = "linux")]
fn main() {
    use memory::replace_sockets;
    use trunkline_benches::{
        Bare, Middleware, Naive, Options, Shape, Trunkline, Workload, interleave, print_head, print_machine,
        print_table, turn,
    };

    let url = replace_sockets();
    instructions::run_if_asked(&url);
    let options = Options::from_args();
    println!(
        "\nIn process, the sockets in memory: medians of {} rounds",
        options.rounds
    );
    print_machine();
    print_head();
    for in_flight in [1, 64] {
        for workload in Workload::ALL {
            let shape = Shape { workload, in_flight };
            let turns = vec![
                turn::<Naive>(&url, shape),
                turn::<Middleware>(&url, shape),
                turn::<Trunkline>(&url, shape),
            ];
            print_table(shape, &interleave(options, in_flight, turns));
        }
    }
    println!("\nThe stages above the transport, beside the same transport without them");
    for workload in [Workload::Post, Workload::Get] {
        let shape = Shape {
            workload,
            in_flight: 1,
        };
        let figures = interleave(
            options,
            shape.in_flight,
            vec![turn::<Bare>(&url, shape), turn::<Trunkline>(&url, shape)],
        );
        let [bare, all] = &*figures else { continue };
        println!("{}: {:.0} ns a call", workload.name(), (all.cpu - bare.cpu) * 1e3);
    }
    instructions::print();
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("in process: skipped, the sockets are replaced on Linux only");
}
