//! What a trait may be: generic methods, default methods, `dyn`, another path to the crate, `cfg`, policies as attributes.

use std::fmt::Display;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;
use trunkline::testing::Step;
use trunkline::{ByteStream, Client, Error, ErrorKind, Raw, Reply, Result, Text, service};
use trunkline_tests::echo::{self, Echo};
use trunkline_tests::scripted::{self, A, script};

mod inner {
    pub(crate) use trunkline as lines;
}

#[service("services", prefix = "/api", dyn, crate = crate::services::inner::lines)]
trait Services {
    #[get("/items/{id}")]
    async fn item(&self, id: u64) -> Result<Echo>;

    /// The first item, whatever it is.
    async fn first(&self) -> Result<Echo> {
        self.item(1).await
    }

    #[cfg(any())]
    #[get("/never")]
    async fn never(&self) -> Result<Missing>;

    #[cfg(not(any()))]
    #[get("/now")]
    async fn now(&self) -> Result<Echo>;
}

struct Fake;

impl Services for Fake {
    async fn item(&self, id: u64) -> Result<Echo> {
        match id {
            1 => Ok(Echo {
                path: "/fake".into(),
                ..Echo::default()
            }),
            _ => Err(Error::new(ErrorKind::Status, "no such item").with_status(404)),
        }
    }

    async fn now(&self) -> Result<Echo> {
        Ok(Echo::default())
    }
}

async fn first_path(services: &impl Services) -> Result<String> {
    Ok(services.first().await?.path)
}

#[tokio::test]
async fn a_default_method_calls_the_endpoints_beside_it() -> Result<()> {
    let services = ServicesClient::new(&echo::client("services").await);
    assert_eq!(first_path(&services).await?, "/api/items/1");
    assert_eq!(first_path(&Fake).await?, "/fake");
    Ok(())
}

#[tokio::test]
async fn one_type_holds_a_client_or_a_fake() -> Result<()> {
    let client = ServicesClient::new(&echo::client("services").await);
    let handles = [DynServices::new(client), DynServices::new(Fake)];
    let mut paths = Vec::new();
    for services in handles {
        let task = tokio::spawn(async move { first_path(&services.clone()).await });
        paths.push(task.await.expect("no panic")?);
    }
    assert_eq!(paths, ["/api/items/1", "/fake"]);
    Ok(())
}

#[tokio::test]
async fn a_fakes_error_is_like_a_real_one() {
    let error = DynServices::new(Fake).item(2).await.expect_err("no such item");
    assert_eq!(
        (error.kind(), error.status_code()),
        (ErrorKind::Status, Some(404))
    );
}

#[tokio::test]
async fn a_method_that_is_compiled_is_called_and_the_others_are_not_there() -> Result<()> {
    let services = ServicesClient::new(&echo::client("services").await);
    assert_eq!(services.now().await?.path, "/api/now");
    let names: Vec<_> = ServicesClient::ENDPOINTS
        .iter()
        .map(|endpoint| endpoint.name())
        .collect();
    assert_eq!(names, ["item", "now"]);
    Ok(())
}

#[derive(Debug)]
enum Failure {
    Ours(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}

#[service("generic")]
trait Generic {
    #[post("/{id}")]
    async fn send<B, T>(
        &self,
        id: impl Display,
        body: &B,
        #[query] tag: Option<impl Serialize>,
    ) -> Result<T, Failure>
    where
        B: Serialize + ?Sized,
        T: DeserializeOwned + 'static;
}

#[tokio::test]
async fn a_generic_method_takes_and_gives_any_type_and_any_error() {
    let client = echo::client("generic").await;
    let generic = GenericClient::new(&client);
    let arrived: Echo = generic
        .send(7, "text", Some([1, 2]))
        .await
        .expect("the echo answers");
    assert_eq!((arrived.path.as_str(), arrived.body.as_str()), ("/7", "\"text\""));
    assert_eq!(arrived.raw_query.as_deref(), Some("tag=1&tag=2"));
    let outcome: Result<Vec<u8>, Failure> = generic.send("x", &1, None::<u8>).await;
    let Failure::Ours(error) = outcome.expect_err("an object is no list");
    assert_eq!(error.kind(), ErrorKind::Decode);
}

#[service("policies", retry(times = 1, delay = "1ms"))]
trait Policies {
    #[post("/plain")]
    async fn plain(&self) -> Result<()>;

    #[post("/keyed")]
    #[idempotent]
    async fn keyed(&self) -> Result<()>;

    #[patch("/named")]
    #[idempotent(header = "X-Key")]
    async fn named(&self) -> Result<()>;

    #[get("/absent")]
    #[none_on(404, 410)]
    async fn absent(&self) -> Result<Option<u64>>;

    #[get("/number")]
    #[none_on(404)]
    async fn number(&self) -> Result<u64>;
}

fn policies(script: &trunkline::testing::Script) -> PoliciesClient {
    let client: Client = scripted::client("policies", script);
    PoliciesClient::new(&client)
}

#[tokio::test(start_paused = true)]
async fn a_post_is_not_repeated_unless_it_says_so() {
    let script = script(Step::reply(500));
    let error = policies(&script).plain().await.expect_err("500");
    assert_eq!((error.attempts(), script.hits(A)), (1, 1));
    assert_eq!(script.requests()[0].header("idempotency-key"), None);
}

#[tokio::test(start_paused = true)]
async fn a_declared_call_has_one_key_on_all_its_attempts_and_the_next_another() -> Result<()> {
    let script = script(Step::cycle([Step::reply(500), Step::reply(204)]));
    let policies = policies(&script);
    policies.keyed().await?;
    policies.keyed().await?;
    let keys: Vec<_> = script
        .requests()
        .iter()
        .map(|request| request.header("idempotency-key").expect("a key").to_owned())
        .collect();
    assert_eq!(keys.len(), 4);
    assert_eq!((&keys[0], &keys[2]), (&keys[1], &keys[3]));
    assert_ne!(keys[0], keys[2]);
    assert_eq!(keys[0].len(), 36, "a UUID: {}", keys[0]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_key_may_have_a_header_of_another_name() -> Result<()> {
    let script = script([Step::reply(503), Step::reply(204)]);
    policies(&script).named().await?;
    let requests = script.requests();
    assert!(requests[0].header("x-key").is_some());
    assert_eq!(requests[0].header("x-key"), requests[1].header("x-key"));
    assert_eq!(requests[0].header("idempotency-key"), None);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_declared_status_is_an_absent_value() -> Result<()> {
    let gone = Step::json(410, &json!({ "detail": "gone" }));
    let script = script([Step::reply(404), gone, Step::json(200, &7)]);
    let policies = policies(&script);
    assert_eq!(policies.absent().await?, None);
    assert_eq!(policies.absent().await?, None, "whatever the body says");
    assert_eq!(policies.absent().await?, Some(7));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_status_that_is_not_declared_stays_an_error() {
    let script = script(Step::reply(403));
    let error = policies(&script).absent().await.expect_err("403");
    assert_eq!(error.status_code(), Some(403));
}

#[tokio::test(start_paused = true)]
async fn an_absent_value_of_a_type_without_nothing_is_a_decode_error() {
    let script = script(Step::reply(404));
    let error = policies(&script).number().await.expect_err("null is no number");
    assert_eq!(
        (error.kind(), error.status_code()),
        (ErrorKind::Decode, Some(404)),
        "{error}"
    );
}

#[service("absences")]
trait Absences {
    #[get("/text")]
    #[none_on(404)]
    async fn text(&self) -> Result<Text>;

    #[get("/raw")]
    #[none_on(404)]
    async fn raw(&self) -> Result<Reply<Raw>>;

    #[get("/stream")]
    #[none_on(404)]
    async fn stream(&self) -> Result<ByteStream>;

    #[get("/unit")]
    #[none_on(404)]
    async fn unit(&self) -> Result<()>;
}

#[tokio::test(start_paused = true)]
async fn an_absent_text_is_empty_and_not_the_word_null() -> Result<()> {
    let script = script(Step::reply(404).body("not found"));
    let absences = AbsencesClient::new(&scripted::client("absences", &script));
    assert_eq!(&*absences.text().await?, "");
    let raw = absences.raw().await?;
    assert_eq!((raw.status().as_u16(), raw.bytes().len()), (404, 0));
    assert_eq!(raw.json::<Option<u8>>()?, None);
    assert_eq!(absences.stream().await?.chunk().await?, None);
    absences.unit().await
}
