//! Every format from publisher to handler.

use trunkline::{Client, Delivery, EventFormat, Priority, Result};
use trunkline_tests::events::Paid;

async fn check(format: EventFormat) -> Result<()> {
    let events = Client::builder()
        .name("orders")
        .event_format(format)
        .build()?
        .events();
    let (sender, mut received) = tokio::sync::mpsc::unbounded_channel();
    let _worker = events
        .subscribe("shipping")
        .on(move |event: Delivery<Paid>| {
            let sent = sender.send(event);
            async move { sent }
        })
        .start()
        .await?;
    let publish = events
        .publish(&Paid { order: 7 })
        .target("shipping")
        .priority(Priority::Urgent);
    let receipt = publish.correlation_id("c").header("tenant", "a").await?;
    let event = received.recv().await.unwrap();
    assert_eq!(
        (event.id(), event.name(), event.source()),
        (receipt.id(), "order.paid", "orders")
    );
    assert_eq!(
        (event.target(), event.priority()),
        (Some("shipping"), Priority::Urgent)
    );
    assert_eq!(
        (event.correlation_id(), event.header("tenant"), event.order),
        (Some("c"), Some("a"), 7)
    );
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn every_format_carries_an_event() -> Result<()> {
    check(EventFormat::CloudEvents).await?;
    check(EventFormat::FamilyA).await?;
    check(EventFormat::FamilyB).await
}
