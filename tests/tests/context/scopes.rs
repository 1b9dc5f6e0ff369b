//! Scopes around calls: who inherits what.

use trunkline::context::{self, Context, scope};
use trunkline::testing::{Script, Step};
use trunkline::{Client, Result};
use trunkline_tests::scripted::{self, script};

use super::{header, is_trace_id};

async fn trace_of(client: &Client, script: &Script) -> String {
    let before = script.requests().len();
    client.service("back").get("/x").send().await.expect("204");
    header(&script.requests()[before], "x-trace-id").to_owned()
}

fn back() -> (Client, Script) {
    let script = script(Step::reply(204));
    (scripted::client("back", &script), script)
}

#[tokio::test(start_paused = true)]
async fn calls_in_a_scope_share_its_ids_and_calls_outside_have_their_own() {
    let (client, script) = back();
    let named = Context::new().with_trace_id("order-17");
    let inside = scope(named, async {
        (trace_of(&client, &script).await, trace_of(&client, &script).await)
    });
    assert_eq!(inside.await, ("order-17".to_owned(), "order-17".to_owned()));
    let outside = trace_of(&client, &script).await;
    assert!(is_trace_id(&outside) && outside != trace_of(&client, &script).await);
}

#[tokio::test(start_paused = true)]
async fn an_inner_scope_holds_while_it_runs() {
    let (client, script) = back();
    scope(Context::new().with_trace_id("outer"), async {
        let inner = scope(Context::new().with_trace_id("inner"), trace_of(&client, &script));
        assert_eq!(inner.await, "inner");
        assert_eq!(trace_of(&client, &script).await, "outer");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_new_trace_id_is_for_the_calls_that_follow() {
    let (client, script) = back();
    assert!(!context::set_trace_id("nowhere"));
    scope(Context::new().with_trace_id("before"), async {
        assert_eq!(trace_of(&client, &script).await, "before");
        assert!(context::set_trace_id("after"));
        assert_eq!(trace_of(&client, &script).await, "after");
        assert!(!context::set_trace_id("two words"));
        assert_eq!(trace_of(&client, &script).await, "after");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_spawned_task_inherits_by_our_spawn_alone() {
    let (client, script) = back();
    scope(Context::new().with_trace_id("order-17"), async {
        let call = |client: Client, script: Script| async move { trace_of(&client, &script).await };
        let ours = context::spawn(call(client.clone(), script.clone()));
        assert_eq!(ours.await.expect("no panic"), "order-17");
        let tokios = tokio::spawn(call(client.clone(), script.clone()));
        assert!(is_trace_id(&tokios.await.expect("no panic")));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_made_inside_keeps_the_scope_it_is_polled_in() -> Result<()> {
    let (client, script) = back();
    let call = client.service("back").get("/x");
    scope(Context::new().with_trace_id("order-17"), async {
        call.await.map(drop)
    })
    .await?;
    assert_eq!(header(&script.requests()[0], "x-trace-id"), "order-17");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_callers_trace_id_wins_for_its_call_and_an_illegal_one_does_not() -> Result<()> {
    let (client, script) = back();
    scope(Context::new().with_trace_id("order-17"), async {
        for id in ["mine", "not mine"] {
            client.service("back").get("/x").header("x-trace-id", id).await?;
        }
        Ok::<_, trunkline::Error>(())
    })
    .await?;
    let ids: Vec<_> = script
        .requests()
        .iter()
        .map(|request| header(request, "x-trace-id").to_owned())
        .collect();
    assert_eq!(ids, ["mine", "order-17"]);
    Ok(())
}
