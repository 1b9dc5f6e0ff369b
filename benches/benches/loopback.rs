//! CPU and calls a second against a server in a process of its own, over loopback.

use trunkline_benches::server::{Server, serve_if_asked};
use trunkline_benches::{
    Middleware, Naive, Options, Shape, Trunkline, Workload, interleave, print_head, print_machine,
    print_table, raise_file_limit, turn,
};

fn main() -> std::io::Result<()> {
    raise_file_limit();
    serve_if_asked()?;
    let options = Options::from_args();
    let server = Server::start()?;
    let url = server.url();
    println!(
        "\nOver loopback, one client thread, the server in a process of its own: medians of {} rounds",
        options.rounds
    );
    print_machine();
    print_head();
    for in_flight in [1, 64, 1000] {
        for workload in Workload::ALL {
            let shape = Shape { workload, in_flight };
            let turns = vec![
                turn::<Naive>(url, shape),
                turn::<Middleware>(url, shape),
                turn::<Trunkline>(url, shape),
            ];
            print_table(shape, &interleave(options, in_flight, turns));
        }
    }
    Ok(())
}
