//! Fault 37, its memory: alone in its process, so that nobody else's counts.

use trunkline::{Client, ErrorKind, ServiceConfig};
use trunkline_tests::clock::ms;
use trunkline_tests::raw_tcp::{Act, RawServer, chunk, head};

/// The most memory that this process ever had, in MiB.
fn most_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib / 1024
}

/// Fault 37: chunks without an end take the default limit of 64 MiB and a little.
#[tokio::test]
async fn an_endless_body_takes_no_more_memory_than_the_limit() {
    let endless = Act::Repeat(chunk(&vec![b' '; 64 * 1024]), ms(0));
    let server = RawServer::always([Act::Send(head("200 OK", &[], None)), endless]).await;
    let config = ServiceConfig::new().url(server.url()).no_retry();
    let client = Client::builder().service("orders", config).build().unwrap();
    let before = most_memory();
    let error = client.service("orders").get("/x").send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    let taken = most_memory() - before;
    assert!(taken <= 64 + 16, "{taken} MiB");
}
