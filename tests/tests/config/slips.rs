//! A section of the file whose name is nearly that of a service.

use tracing::Level;
use trunkline::testing::Script;
use trunkline::{ErrorKind, Receipt, Result, service};
use trunkline_tests::traces;

use super::{OrdersClient, client};

#[service("orders")]
trait Announced {
    #[publish]
    async fn announced(&self, event: &Announcement) -> Result<Receipt>;
    #[get("/list")]
    async fn list(&self) -> Result<()>;
}

#[derive(serde::Serialize, serde::Deserialize, trunkline::Event)]
#[event("announced")]
struct Announcement {}

/// What is said about sections when `orders` is bound, with the name of the section.
fn said(name: &str, text: &str, bound_before: &[&str]) -> Vec<String> {
    let client = client(&Script::new(), name, text);
    for service in bound_before {
        let _ = client.service(service);
    }
    traces::start();
    let _ = OrdersClient::new(&client);
    let _ = OrdersClient::at(&client, "http://a:1");
    let _ = OrdersClient::new(&client);
    let said = traces::events();
    let section = |event: &traces::Trace| {
        assert_eq!((event.target, event.level), ("trunkline", Level::WARN));
        assert_eq!(event.field("service"), Some("orders"));
        event.field("section").expect("a section").to_owned()
    };
    said.iter().map(section).collect()
}

#[test]
fn a_section_with_a_slip_in_its_name_is_told_once_when_its_service_is_bound() {
    let text = "[services.ordres]\ntimeout = '1s'\n[services.billing]\ntimeout = '1s'";
    assert_eq!(said("slip", text, &[]), ["services.ordres"]);
}

#[tokio::test(start_paused = true)]
async fn a_service_without_an_address_names_the_section_that_may_have_been_meant_for_it() {
    let text = "[services.ordres]\nurl = 'http://a:1'\n[services.billing]\nurl = 'http://b:1'";
    let orders = AnnouncedClient::new(&client(&Script::new(), "slip-url", text));
    let error = orders.list().await.expect_err("no address");
    assert_eq!(error.kind(), ErrorKind::Discovery);
    let expected = "; a section of the file with a similar name: `services.ordres`";
    assert!(error.message().ends_with(expected), "{error}");
    let distant = "[services.billing]\nurl = 'http://b:1'";
    let orders = AnnouncedClient::new(&client(&Script::new(), "slip-none", distant));
    let error = orders.list().await.expect_err("no address");
    assert!(!error.message().contains("similar"), "{error}");
}

#[test]
fn nothing_is_said_of_a_section_that_a_service_has_or_that_is_not_needed() {
    let ordres = "[services.ordres]\ntimeout = '1s'";
    assert!(said("slip-of-another", ordres, &["ordres"]).is_empty());
    let both = format!("{ordres}\n[services.orders]\ntimeout = '1s'");
    assert!(said("slip-both", &both, &[]).is_empty());
    let distant = "[services.billing]\ntimeout = '1s'";
    assert!(said("slip-distant", distant, &[]).is_empty());
}

#[tokio::test(start_paused = true)]
async fn settings_of_a_method_that_publishes_are_an_error_that_says_that_it_has_none() {
    let text = "[services.orders.endpoints.announced]\ntimeout = '1s'";
    let announced = AnnouncedClient::new(&client(&Script::new(), "publishes", text));
    let error = announced.list().await.expect_err("no endpoint");
    assert_eq!(error.kind(), ErrorKind::Config);
    let expected = "a method under `#[publish]` has no settings";
    assert!(error.message().contains(expected), "{error}");
}
