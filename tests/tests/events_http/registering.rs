//! How the messaging service learns where to send events to.

use std::time::Duration;

use serde_json::json;
use tokio::time::{sleep, timeout};
use trunkline::testing::{Script, Step};
use trunkline::{Client, Delivery, HandlerError, Result, Subscribe};
use trunkline_tests::events::Paid;

use super::messaging::{Messaging, SOON};

fn shipping(client: &Client) -> Subscribe {
    let subscribe = client.events().subscribe("shipping");
    subscribe.on(|_: Delivery<Paid>| async { Ok::<(), HandlerError>(()) })
}

const MESSAGING: &str = "http://m:1";

fn there() -> Step {
    Step::json(200, &json!({}))
}

/// A messaging service in paused time, and a client of it.
fn scripted(step: Step) -> Result<(Script, Client)> {
    let script = Script::new().instance(MESSAGING, step);
    let client = Client::builder().events(MESSAGING).scripted(&script).build()?;
    Ok((script, client))
}

fn registrations(script: &Script) -> usize {
    let requests = script.requests();
    let registrations = requests
        .iter()
        .filter(|one| one.path() == "/api/events/subscribe");
    registrations.count()
}

#[tokio::test]
async fn a_subscription_registers_its_names_before_it_has_started() -> Result<()> {
    let messaging = Messaging::start().await;
    let _worker = shipping(&messaging.client().build()?).start().await?;
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

#[tokio::test(start_paused = true)]
async fn a_registration_is_repeated_until_it_worked() -> Result<()> {
    let no = json!({ "success": false, "message": "starting" });
    for failing in [Step::reply(500), Step::json(200, &no), Step::reply(404)] {
        let (script, client) = scripted(failing)?;
        let _worker = shipping(&client).start().await?;
        sleep(Duration::from_secs(10)).await;
        let before = registrations(&script);
        assert!(before >= 2, "{before}");
        script.change(MESSAGING, there());
        sleep(Duration::from_secs(1000)).await;
        assert_eq!(
            registrations(&script),
            before + 1,
            "it worked, and is not repeated"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_subscription_starts_without_the_messaging_service_and_registers_when_it_is_there() -> Result<()> {
    let messaging = Messaging::start().await;
    let subscribe = shipping(&messaging.client().build()?);
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
    let _worker = shipping(&client).start().await?;
    let address = messaging.stop().await;
    let publishing = tokio::spawn(client.events().publish(&Paid { order: 7 }));
    let is_noticed = async {
        while client.metrics().events.nacks == 0 {
            tokio::task::yield_now().await;
        }
    };
    timeout(SOON, is_noticed).await.expect("it is refused");
    let messaging = Messaging::start_at(&address).await;
    publishing.await.expect("no panic")?;
    messaging.wait_for("/subscribe", 1).await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_return_is_noticed_without_a_publish() -> Result<()> {
    let (script, client) = scripted(there())?;
    let _worker = shipping(&client).start().await?;
    sleep(Duration::from_secs(100)).await;
    assert_eq!(registrations(&script), 1);
    script.change(MESSAGING, Step::refuse());
    sleep(Duration::from_secs(20)).await;
    script.change(MESSAGING, there());
    sleep(Duration::from_secs(20)).await;
    assert_eq!(registrations(&script), 2);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_subscription_ends_its_registering() -> Result<()> {
    let (script, client) = scripted(Step::reply(500))?;
    let worker = shipping(&client).start().await?;
    worker.shutdown(Duration::from_secs(1)).await?;
    let before = registrations(&script);
    sleep(Duration::from_secs(1000)).await;
    assert_eq!(registrations(&script), before);
    Ok(())
}
