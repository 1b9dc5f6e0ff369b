//! Which instance is next?

use trunkline::CallOptions;
use trunkline::testing::{Script, Step};
use trunkline_tests::reference::{A, B, C, SERVICE, client, get, reference};

fn hits(script: &Script) -> [usize; 3] {
    [A, B, C].map(|instance| script.hits(instance))
}

fn three(a: Step, b: Step, c: Step) -> Script {
    Script::new().instance(A, a).instance(B, b).instance(C, c)
}

#[tokio::test(start_paused = true)]
async fn instances_take_turns() {
    let script = three(Step::reply(200), Step::reply(200), Step::reply(200));
    let client = client(&script, reference().url(A).url(B).url(C));
    for _ in 0..300 {
        get(&client).await.unwrap();
    }
    assert_eq!(hits(&script), [100, 100, 100]);
}

#[tokio::test(start_paused = true)]
async fn endpoints_of_a_service_take_turns_together() {
    let script = three(Step::reply(200), Step::reply(200), Step::reply(200));
    let client = client(&script, reference().url(A).url(B).url(C));
    for path in ["/x", "/y", "/z"] {
        client.service(SERVICE).get(path).send().await.unwrap();
    }
    assert_eq!(hits(&script), [1, 1, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_retry_goes_to_an_instance_that_was_not_tried() {
    let script = three(Step::reply(500), Step::reply(500), Step::reply(500));
    let client = client(&script, reference().url(A).url(B).url(C));
    for call in 1..=4 {
        assert_eq!(get(&client).await.unwrap_err().attempts(), 3);
        assert_eq!(hits(&script), [call; 3]);
    }
}

#[tokio::test(start_paused = true)]
async fn instances_are_tried_again_once_all_were() {
    let script = Script::new()
        .instance(A, Step::reply(500))
        .instance(B, Step::reply(500));
    let client = client(&script, reference().url(A).url(B).retries(3));
    assert_eq!(get(&client).await.unwrap_err().attempts(), 4);
    assert_eq!((script.hits(A), script.hits(B)), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn the_reply_says_which_instance_it_is_from() {
    let script = Script::new()
        .instance(A, Step::refuse())
        .instance(B, Step::reply(200));
    let client = client(&script, reference().url(A).url(B));
    for _ in 0..4 {
        assert_eq!(get(&client).await.unwrap().instance(), B);
    }
}

#[tokio::test(start_paused = true)]
async fn an_address_of_the_call_is_its_only_instance() {
    let script = three(Step::reply(200), Step::reply(200), Step::reply(500));
    let client = client(&script, reference().url(A).url(B));
    let elsewhere = client.service(SERVICE).with(CallOptions::new().base_url(C));
    assert_eq!(elsewhere.get("/x").send().await.unwrap_err().attempts(), 3);
    let call = client.service(SERVICE).get("/x").base_url(C).retries(0);
    assert!(call.send().await.is_err());
    assert_eq!(hits(&script), [0, 0, 4]);
}

#[tokio::test(start_paused = true)]
async fn new_instances_are_seen_by_the_next_call() {
    let script = three(Step::reply(200), Step::reply(200), Step::reply(200));
    let client = client(&script, reference().url(A));
    get(&client).await.unwrap();
    client.configure(SERVICE, |service| service.urls([B, C])).unwrap();
    for _ in 0..4 {
        get(&client).await.unwrap();
    }
    assert_eq!(hits(&script), [1, 2, 2]);
}

#[tokio::test(start_paused = true)]
async fn the_path_of_a_base_url_is_kept() {
    let script = Script::new().instance(A, Step::reply(200));
    let client = client(&script, reference().url(format!("{A}/base/v1/")));
    client
        .service(SERVICE)
        .get("/x")
        .query("q", 1)
        .send()
        .await
        .unwrap();
    assert_eq!(
        script.requests()[0].uri().to_string(),
        format!("{A}/base/v1/x?q=1")
    );
}
