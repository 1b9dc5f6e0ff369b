//! Bodies that are read as they come in.

use std::time::Duration;

use futures_util::StreamExt;
use tokio::time::Instant;
use trunkline::testing::{Script, Step};
use trunkline::{ByteStream, ErrorKind, Reply, Result, ServiceConfig, service};
use trunkline_tests::scripted::{self, A, ms, script};

#[service("streams", timeout = "2s")]
trait Streams {
    #[get("/stream")]
    async fn stream(&self) -> Result<ByteStream>;
    #[get("/reply")]
    async fn reply(&self) -> Result<Reply<ByteStream>>;
}

fn streams(script: &Script) -> StreamsClient {
    let config = ServiceConfig::new().url(A).idle_timeout(ms(300)).retries(1);
    let client = scripted::builder(script).service("streams", config).build();
    StreamsClient::new(&client.expect("the settings are legal"))
}

#[tokio::test(start_paused = true)]
async fn chunks_come_as_the_server_sends_them() -> Result<()> {
    let script = script(Step::reply(200).chunks(ms(100), ["a", "b", "c"]));
    let started = Instant::now();
    let mut stream = streams(&script).stream().await?;
    assert_eq!(started.elapsed(), Duration::ZERO, "the head is enough");
    let mut seen = Vec::new();
    while let Some(chunk) = stream.next().await {
        seen.push((chunk?, started.elapsed().as_millis()));
    }
    assert_eq!(seen, [("a".into(), 100), ("b".into(), 200), ("c".into(), 300)]);
    assert_eq!(script.open_bodies(), 0);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_stream_keeps_its_head() -> Result<()> {
    let script = script(Step::text(200, "x").header("x-a", "1"));
    let reply = streams(&script).reply().await?;
    assert_eq!(reply.headers()["x-a"], "1");
    assert_eq!(reply.into_inner().chunk().await?.as_deref(), Some(&b"x"[..]));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_breaks_off_is_an_error_and_then_over() -> Result<()> {
    let script = script(Step::reply(200).chunk("a").truncated());
    let mut stream = streams(&script).stream().await?;
    assert_eq!(stream.chunk().await?.as_deref(), Some(&b"a"[..]));
    let error = stream.chunk().await.expect_err("it broke off");
    assert_eq!(error.kind(), ErrorKind::Transport, "never taken for its end");
    assert_eq!(error.service(), Some("streams"));
    assert_eq!(stream.chunk().await?, None);
    assert_eq!(script.hits(A), 1, "what was handed over is not asked for again");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn silence_is_bounded_by_the_idle_timeout_while_one_waits() -> Result<()> {
    let script = script(Step::reply(200).chunk("a").stalls());
    let mut stream = streams(&script).stream().await?;
    stream.chunk().await?;
    tokio::time::advance(ms(1_000)).await;
    let started = Instant::now();
    let error = stream.chunk().await.expect_err("nothing comes");
    assert_eq!((error.kind(), started.elapsed()), (ErrorKind::Timeout, ms(300)));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_whole_stream_is_bounded_by_the_timeout() -> Result<()> {
    let script = script(Step::reply(200).chunks(ms(250), vec!["x"; 20]));
    let started = Instant::now();
    let mut stream = streams(&script).stream().await?;
    let error = loop {
        if let Err(error) = stream.chunk().await {
            break error;
        }
    };
    assert_eq!(
        (error.kind(), started.elapsed()),
        (ErrorKind::DeadlineExceeded, ms(2_000))
    );
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_error_status_is_no_stream_and_is_tried_again() -> Result<()> {
    let script = script([Step::text(503, "busy"), Step::text(200, "x")]);
    let mut stream = streams(&script).stream().await?;
    assert_eq!(stream.chunk().await?.as_deref(), Some(&b"x"[..]));
    assert_eq!(script.hits(A), 2);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_is_dropped_closes_the_reply() -> Result<()> {
    let script = script(Step::reply(200).chunk("a").stalls());
    let stream = streams(&script).stream().await?;
    assert_eq!(script.open_bodies(), 1);
    drop(stream);
    assert_eq!(script.open_bodies(), 0);
    Ok(())
}
