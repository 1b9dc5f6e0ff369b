//! `#[publish]`: a method of a service that publishes an event.

use std::sync::Mutex;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use trunkline::testing::{RecordingEvents, Step};
use trunkline::{
    CallOptions, Client, Delivery, Error, ErrorKind, Event, Priority, PublishFailure, Receipt, Result, Stage,
    context, service,
};
use trunkline_tests::events::{SECOND, client};
use trunkline_tests::scripted::{self, script};

#[derive(Serialize, Deserialize, Event)]
#[event("order.paid", version = 3, target = "elsewhere", priority = "low")]
struct Paid {
    order: u32,
}

#[derive(Debug)]
struct Failed(Error);

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

#[service("shipping", dyn)]
trait Shipping {
    #[publish]
    async fn paid(&self, event: &Paid) -> Result<Receipt>;

    #[get("/orders/{id}")]
    async fn order(&self, id: u32) -> Result<u32>;

    #[publish(priority = "urgent", target = "billing")]
    async fn urgent(&self, event: Paid) -> std::result::Result<(), Failed>;

    #[cfg(not(test))]
    #[publish]
    async fn conditional(&self, event: &Missing) -> Result<Receipt>;

    #[cfg(test)]
    #[publish(target = "audit")]
    async fn conditional(&self, event: &Paid) -> Result<Receipt>;

    /// Twice, since once is not enough.
    async fn twice(&self, event: &Paid) -> Result<[Receipt; 2]> {
        Ok([self.paid(event).await?, self.paid(event).await?])
    }
}

#[service("anything")]
trait Anything {
    #[publish]
    async fn event<E: Event + Serialize>(&self, event: &E) -> Result<Receipt>;
}

fn recorded() -> (Client, RecordingEvents) {
    let recording = RecordingEvents::new();
    let client = Client::builder().record_events(&recording).build();
    (client.expect("legal settings"), recording)
}

#[tokio::test(start_paused = true)]
async fn an_event_goes_to_the_service_without_any_address_of_it() -> Result<()> {
    let client = client();
    let (sender, mut handled) = tokio::sync::mpsc::channel(1);
    let worker = client
        .events()
        .subscribe("shipping")
        .on(move |event: Delivery<Paid>| {
            let sender = sender.clone();
            async move { sender.send(event).await }
        })
        .start()
        .await?;
    let receipt = ShippingClient::new(&client).paid(&Paid { order: 7 }).await?;
    let event = handled.recv().await.unwrap();
    assert_eq!((event.id(), receipt.stage()), (receipt.id(), Stage::Confirmed));
    assert_eq!((event.name(), event.order), ("order.paid", 7));
    assert_eq!(
        (event.target(), event.priority()),
        (Some("shipping"), Priority::Low)
    );
    worker.shutdown(SECOND).await?;
    assert_eq!(client.metrics().events.confirmed, 1);
    assert_eq!(client.metrics().total_calls, 0);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_attribute_wins_over_the_type_and_the_service() -> Result<()> {
    let (client, recording) = recorded();
    let shipping = ShippingClient::new(&client);
    shipping
        .urgent(Paid { order: 1 })
        .await
        .map_err(|Failed(error)| error)?;
    shipping.conditional(&Paid { order: 2 }).await?;
    AnythingClient::at(&client, "http://a:1")
        .event(&Paid { order: 3 })
        .await?;
    let published = recording.published();
    let said: Vec<_> = published
        .iter()
        .map(|event| (event.target(), event.priority()))
        .collect();
    assert_eq!(
        said,
        [
            (Some("billing"), Priority::Urgent),
            (Some("audit"), Priority::Low),
            (Some("anything"), Priority::Low)
        ]
    );
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_call_and_an_event_stand_beside_each_other() -> Result<()> {
    let script = script([Step::json(200, &9)]);
    let shipping = ShippingClient::new(&scripted::client("shipping", &script));
    assert_eq!(shipping.order(1).await?, 9);
    let [first, second] = shipping.twice(&Paid { order: 1 }).await?;
    assert_ne!(first.id(), second.id());
    let endpoints: Vec<_> = ShippingClient::ENDPOINTS
        .iter()
        .map(|endpoint| endpoint.name())
        .collect();
    assert_eq!(endpoints, ["order"]);
    assert_eq!(shipping.service().events().unrouted().list().await?.len(), 0);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_fake_stands_in_for_the_client() -> Result<()> {
    #[derive(Default)]
    struct Fake(Mutex<Vec<u32>>);
    impl Shipping for Fake {
        async fn paid(&self, event: &Paid) -> Result<Receipt> {
            self.0.lock().unwrap().push(event.order);
            Err(Error::new(ErrorKind::Publish, "the broker is down"))
        }
        async fn order(&self, id: u32) -> Result<u32> {
            Ok(id)
        }
        async fn urgent(&self, event: Paid) -> std::result::Result<(), Failed> {
            self.paid(&event).await.map(drop).map_err(Failed)
        }
        async fn conditional(&self, event: &Paid) -> Result<Receipt> {
            self.paid(event).await
        }
    }
    let (client, recording) = recorded();
    let fakes = [
        DynShipping::new(Fake::default()),
        DynShipping::new(ShippingClient::new(&client)),
    ];
    let mut outcomes = Vec::new();
    for shipping in fakes {
        let outcome = tokio::spawn(async move { shipping.twice(&Paid { order: 4 }).await.is_ok() });
        outcomes.push(outcome.await.unwrap());
    }
    assert_eq!(outcomes, [false, true]);
    assert_eq!(recording.published().len(), 2);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_the_error_of_the_method() -> Result<()> {
    let client = Client::builder().events("memory:?events=1").build()?;
    let shipping = ShippingClient::new(&client);
    let wait = async |shipping: &ShippingClient| {
        let started = Instant::now();
        let error = shipping.urgent(Paid { order: 2 }).await.unwrap_err().0;
        assert_eq!(error.publish_failure(), Some(PublishFailure::Refused));
        assert!(error.event_id().is_some());
        started.elapsed()
    };
    shipping
        .urgent(Paid { order: 1 })
        .await
        .map_err(|Failed(error)| error)?;
    let patient = wait(&shipping).await;
    assert!((28 * SECOND..=30 * SECOND).contains(&patient), "{patient:?}");
    let hasty = shipping.with(CallOptions::new().timeout(2 * SECOND));
    assert!(wait(&hasty).await <= 2 * SECOND);
    let inherited = context::Context::new().with_timeout(SECOND);
    assert!(context::scope(inherited, wait(&hasty)).await <= SECOND);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_mistake_in_the_options_publishes_nothing() {
    let (client, recording) = recorded();
    for timeout in [Duration::ZERO, Duration::MAX] {
        let shipping = ShippingClient::new(&client).with(CallOptions::new().timeout(timeout));
        let error = shipping.paid(&Paid { order: 1 }).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.message().contains("timeout"), "{error}");
    }
    assert!(recording.published().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_header_of_the_options_is_the_events() -> Result<()> {
    let (client, recording) = recorded();
    let tenant = CallOptions::new()
        .header("X-Tenant", "acme")
        .header("x-shop", "1");
    let shipping = ShippingClient::new(&client).with(tenant);
    let again = shipping.with(CallOptions::new().header("x-shop", "2"));
    again.paid(&Paid { order: 1 }).await?;
    let published = recording.published();
    assert_eq!(published[0].header("x-tenant"), Some("acme"));
    assert_eq!(published[0].header("x-shop"), Some("2"));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_header_of_the_options_that_no_event_may_have_is_the_error_of_a_publish_with_it() {
    let (client, recording) = recorded();
    let event = Paid { order: 1 };
    for name in ["traceparent", "x-attempt", "two words"] {
        let options = CallOptions::new().header(name, "1");
        let error = ShippingClient::new(&client).with(options).paid(&event).await;
        let (error, publish) = (error.unwrap_err(), client.events().publish(&event));
        let expected = publish.header(name, "1").await.unwrap_err();
        assert_eq!(error.kind(), expected.kind(), "{name}");
        assert!(error.message().contains(name), "{error}");
    }
    assert!(recording.published().is_empty());
}

#[tokio::test(start_paused = true)]
async fn options_about_http_leave_an_event_as_it_is() -> Result<()> {
    let (client, recording) = recorded();
    let options = CallOptions::new()
        .retries(3)
        .breaker(false)
        .idempotency_key("k")
        .base_url("http://a:1");
    let shipping = ShippingClient::new(&client).with(options);
    shipping.paid(&Paid { order: 1 }).await?;
    let published = recording.published();
    assert_eq!(published[0].target(), Some("shipping"));
    assert_eq!(published[0].header("idempotency-key"), None);
    Ok(())
}
