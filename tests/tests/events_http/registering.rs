//! How the messaging service learns where to send events to.

use std::time::Duration;

use serde_json::json;
use tokio::time::sleep;
use trunkline::testing::{Script, Step};
use trunkline::{Client, Delivery, HandlerError, Result, Subscribe};
use trunkline_tests::events::Paid;

use super::messaging::{Messaging, Reply};

fn shipping(messaging: &Messaging) -> Subscribe {
    let subscribe = messaging.events().subscribe("shipping");
    subscribe.on(|_: Delivery<Paid>| async { Ok::<(), HandlerError>(()) })
}

#[tokio::test]
async fn a_subscription_registers_its_names_before_it_has_started() -> Result<()> {
    let messaging = Messaging::start().await;
    let _worker = shipping(&messaging).start().await?;
    let [arrived] = &messaging.arrived("/api/events/subscribe")[..] else {
        panic!("one registration");
    };
    assert_eq!(
        arrived.body,
        json!({
            "event_type": "order.paid", "service_name": "shipping",
            "callback_url": "http://shipping/internal/events/order.paid"
        })
    );
    Ok(())
}

#[tokio::test]
async fn another_base_of_the_callbacks_is_a_setting() -> Result<()> {
    let messaging = Messaging::start().await;
    let client = messaging
        .client()
        .event_callbacks("http://10.0.0.1:8080/in/")
        .build()?;
    let subscribe = client.events().subscribe("shipping");
    let subscribe = subscribe.on_named("a/b?c", |_| async { Ok::<(), HandlerError>(()) });
    let _worker = subscribe.start().await?;
    let arrived = &messaging.arrived("/subscribe")[0];
    assert_eq!(arrived.body["callback_url"], "http://10.0.0.1:8080/in/a%2Fb%3Fc");
    Ok(())
}

#[tokio::test]
async fn a_registration_is_repeated_until_it_worked() -> Result<()> {
    let messaging = Messaging::start().await;
    let no = Reply::new(200, json!({ "success": false, "message": "starting" }));
    messaging.answer([Reply::new(500, ""), no, Reply::new(404, "")]);
    let _worker = shipping(&messaging).start().await?;
    messaging.wait_for("/subscribe", 4).await;
    sleep(Duration::from_millis(500)).await;
    assert_eq!(
        messaging.arrived("/subscribe").len(),
        4,
        "it worked, and is not repeated"
    );
    Ok(())
}

#[tokio::test]
async fn a_subscription_starts_without_the_messaging_service_and_registers_when_it_is_there() -> Result<()> {
    let messaging = Messaging::start().await;
    let subscribe = shipping(&messaging);
    let address = messaging.stop().await;
    let worker = subscribe.start().await?;
    let messaging = Messaging::start_at(&address).await;
    messaging.wait_for("/subscribe", 1).await;
    worker.shutdown(Duration::from_secs(1)).await?;
    Ok(())
}

#[tokio::test]
async fn it_registers_again_when_the_messaging_service_comes_back() -> Result<()> {
    let messaging = Messaging::start().await;
    let client = messaging.client().retries(0).build()?;
    let subscribe = client.events().subscribe("shipping");
    let subscribe = subscribe.on(|_: Delivery<Paid>| async { Ok::<(), HandlerError>(()) });
    let _worker = subscribe.start().await?;
    let address = messaging.stop().await;
    let publishing = tokio::spawn(client.events().publish(&Paid { order: 7 }));
    sleep(Duration::from_millis(300)).await;
    let messaging = Messaging::start_at(&address).await;
    publishing.await.expect("no panic")?;
    messaging.wait_for("/subscribe", 1).await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_return_is_noticed_without_a_publish() -> Result<()> {
    let there = || Step::json(200, &json!({}));
    let script = Script::new().instance("http://m:1", there());
    let client = Client::builder().events("http://m:1").scripted(&script).build()?;
    let subscribe = client.events().subscribe("shipping");
    let subscribe = subscribe.on(|_: Delivery<Paid>| async { Ok::<(), HandlerError>(()) });
    let _worker = subscribe.start().await?;
    let registrations = || {
        let requests = script.requests();
        requests
            .iter()
            .filter(|one| one.path() == "/api/events/subscribe")
            .count()
    };
    sleep(Duration::from_secs(100)).await;
    assert_eq!(registrations(), 1);
    script.change("http://m:1", Step::refuse());
    sleep(Duration::from_secs(20)).await;
    script.change("http://m:1", there());
    sleep(Duration::from_secs(20)).await;
    assert_eq!(registrations(), 2);
    Ok(())
}

#[tokio::test]
async fn the_end_of_a_subscription_ends_its_registering() -> Result<()> {
    let messaging = Messaging::start().await;
    messaging.answer((0..1000).map(|_| Reply::new(500, "")));
    let worker = shipping(&messaging).start().await?;
    worker.shutdown(Duration::from_secs(1)).await?;
    let before = messaging.arrived("/subscribe").len();
    sleep(Duration::from_secs(1)).await;
    assert!(messaging.arrived("/subscribe").len() <= before + 1);
    Ok(())
}
