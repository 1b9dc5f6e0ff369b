//! The macros of `trunkline`, which re-exports them; depend on that crate.

mod attr;
mod check;
mod duration;
mod errors;
mod expand;
mod model;
mod spanned;
mod stages;
mod suggest;
mod symbol;
mod template;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

/// Turns a trait into a client of a remote service.
///
/// The trait stays, and beside it stands `{Trait}Client`, which implements it by calls over HTTP. Code that asks for
/// `impl ModelService` takes the client in production and a fake in a test: a fake is an ordinary `impl` of the trait.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use trunkline::{Client, Result, service};
///
/// #[derive(Serialize)]
/// pub struct ChatRequest { pub message: String }
///
/// #[derive(Deserialize)]
/// pub struct ChatReply { pub content: String }
///
/// #[service("model-service")]
/// pub trait ModelService {
///     /// Asks the model for one completion.
///     #[post("/api/v1/chat")]
///     async fn chat(&self, request: &ChatRequest) -> Result<ChatReply>;
/// }
///
/// async fn ask(client: &Client) -> Result<String> {
///     let models = ModelServiceClient::new(client);
///     Ok(models.chat(&ChatRequest { message: "Hello".into() }).await?.content)
/// }
///
/// struct Fake;
///
/// impl ModelService for Fake {
///     async fn chat(&self, request: &ChatRequest) -> Result<ChatReply> {
///         Ok(ChatReply { content: request.message.clone() })
///     }
/// }
/// # assert_eq!(ModelServiceClient::ENDPOINTS[0].path(), "/api/v1/chat");
/// ```
///
/// Import `service` alone: the other attributes are words that it reads and strips.
///
/// # What is generated
///
/// - The trait: each `async fn` returns `impl Future + Send`, `Send + Sync` are supertraits, and type parameters and
///   `impl Trait` arguments get both bounds. Attributes of others pass through: all of them to the trait, `#[cfg]`
///   and `#[allow]` to everything that a method becomes.
/// - `{Trait}Client`, `Clone + Debug`: `new(&Client)`; `at(&Client, url)`, which calls this address whatever the configuration says;
///   `with(CallOptions)`, the same client with overrides on its calls; `service()`, the untyped client; and
///   `ENDPOINTS`, the static descriptors. A method cannot have one of these names, nor that of a method which every
///   type has, such as `clone` or `into`.
/// - With `dyn`, `Dyn{Trait}`: a `Clone` handle over any implementation, which implements the trait itself, for places
///   that want one type. It has no generic methods, and a lifetime in an argument's type is written (`Cow<'_, str>`).
///
/// A trait has no generics, associated types or constants: one client implements it, for one service.
///
/// # Arguments of the service
///
/// The name comes first; it selects the configuration, and the service's address in it.
///
/// | argument | meaning |
/// |---|---|
/// | `prefix = "/api/v1"` | comes before the path of each method |
/// | `header("Name" = "value")` | a header of every call; may be repeated |
/// | `timeout = "30s"`, `retry(…)`, `envelope`, `envelope(…)` | as on a method, for all of them |
/// | `dyn` | adds `Dyn{Trait}` |
/// | `crate = ::my::trunkline` | where the library is, when it is not `::trunkline` |
///
/// ```
/// # use trunkline::{Result, service};
/// #[service("order-service", prefix = "/api/v1", header("X-Client" = "shop"), timeout = "10s", retry(times = 2), dyn)]
/// trait Orders {
///     #[get("/orders/{id}")]
///     async fn order(&self, id: u64) -> Result<String>;
/// }
///
/// struct Shop { orders: DynOrders }
/// ```
///
/// # Attributes of a method
///
/// Exactly one verb (`publish` is one); or a body and no verb, which makes a default method that stays in the trait.
///
/// | attribute | meaning |
/// |---|---|
/// | `#[get("/path")]` `post` `put` `patch` `delete` `head` `options` | the HTTP method and the path |
/// | `#[request("PURGE", "/path")]` | any other HTTP method |
/// | `#[publish]`, `#[publish(priority = "high", target = "…")]` | an event instead of a call, see below |
/// | `#[timeout("2s")]` | bound on the whole call: attempts, delays between them, body |
/// | `#[attempt_timeout("500ms")]` | bound on one attempt up to the response's head; at most the method's own `timeout` |
/// | `#[retry(times = 3, backoff = "exponential", delay = "100ms", max_delay = "5s", on = [409])]` | `times` counts the tries after the first; `backoff` is `exponential`, `linear` or `fixed`; `on` adds statuses, which no POST or PATCH is tried again on unless it is `#[idempotent]`: on a method that is a mistake, on a service it is said for the others |
/// | `#[retry(off)]` | one attempt |
/// | `#[idempotent]`, `#[idempotent(header = "X-Key")]` | a POST or PATCH is safe to repeat: every attempt of a call carries the same key, in `Idempotency-Key` unless said otherwise |
/// | `#[breaker(off)]` | neither asks nor feeds the breaker |
/// | `#[header("Name" = "value")]` | a static header; may be repeated |
/// | `#[none_on(404, 410)]` | these statuses, from 300 to 599, are an absent value: the body is read as `null`, by `Raw` and `Text` as empty |
/// | `#[envelope]` | unwraps `{code, message, data}` |
/// | `#[envelope(data = "result", code = "code", message = "msg", ok = [0, "0000"])]` | unwraps any other envelope |
/// | `#[envelope(off)]` | does not unwrap, though the service says so |
///
/// Durations are a whole number and one of `ms`, `s`, `m`, `h`, from `1ms` to `24h`.
///
/// ```
/// # use trunkline::{Result, service};
/// #[service("order-service", envelope)]
/// trait Orders {
///     #[get("/orders/{id}")]
///     #[timeout("2s")]
///     #[none_on(404)]
///     async fn find(&self, id: u64) -> Result<Option<String>>;
///
///     #[post("/orders")]
///     #[idempotent]
///     #[retry(times = 5, on = [409])]
///     async fn place(&self, order: &str) -> Result<u64>;
///
///     #[request("PURGE", "/cache")]
///     #[envelope(off)]
///     #[header("X-Reason" = "price change")]
///     async fn purge(&self) -> Result<()>;
///
///     /// A default method: tries again with what the first call said.
///     async fn place_known(&self, id: u64) -> Result<u64> {
///         match self.find(id).await? {
///             Some(order) => self.place(&order).await,
///             None => Ok(0),
///         }
///     }
/// }
/// ```
///
/// # Methods that publish
///
/// A method under `#[publish]` takes one argument, the event, and returns `Result<Receipt>` or `Result<()>`; the error may be
/// one of your own, as for a call. The name is that of the event's type. The target is the service, unless `target` names
/// another; the priority is that of the type, unless `priority` says otherwise. An attribute about calls on it is an error. It
/// needs no address of the service, and is not among the `ENDPOINTS`. It waits until the deadline of the context, else 30 s; of
/// the options of `with` it heeds the timeout and the headers.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use trunkline::{Client, Event, Receipt, Result, service};
///
/// #[derive(Serialize, Deserialize, Event)]
/// #[event("chat_completed")]
/// pub struct ChatCompleted { pub user_id: String }
///
/// #[service("knowledge-service")]
/// trait Knowledge {
///     /// For the knowledge service, which need not be running.
///     #[publish(priority = "high")]
///     async fn chat_completed(&self, event: &ChatCompleted) -> Result<Receipt>;
/// }
///
/// async fn tell(client: &Client) -> Result<()> {
///     let knowledge = KnowledgeClient::new(client);
///     let receipt = knowledge.chat_completed(&ChatCompleted { user_id: "ada".into() }).await?;
///     println!("{} is {:?}", receipt.id(), receipt.stage());
///     Ok(())
/// }
/// # assert!(KnowledgeClient::ENDPOINTS.is_empty());
/// ```
///
/// # How arguments bind
///
/// 1. A name in the path is a path parameter: `{id}` stays inside its segment, `{id?}` takes an `Option` and is dropped
///    with its slash, `{rest*}` comes last and is several segments. Values are written by `Display` and
///    percent-encoded; an empty, `.` or `..` segment is an error of the call.
/// 2. An attribute says anything else; a name left out is the argument's own.
/// 3. What is left over: on `post`, `put`, `patch` one argument is the JSON body; on `get`, `head`, `delete`,
///    `options` all of them are query parameters; on `request` every argument says where it goes.
///
/// | attribute | where the value goes |
/// |---|---|
/// | `#[path("id")]` | into `{id}` |
/// | `#[query]`, `#[query("page_size")]` | into the query: a scalar is `name=value`, a sequence repeats the name, a struct or map spreads its fields, `None` is left out |
/// | `#[header("X-Tenant")]` | into a header; `None` is left out |
/// | `#[json]` | the JSON body; a float that is `NaN` or infinite is `null` in it |
/// | `#[field]`, `#[field("name")]` | one field of a JSON object, with the other fields |
/// | `#[form]` | the body, URL-encoded |
/// | `#[body]` | the body as it is: anything that is `Into<Body>` |
///
/// ```
/// # use trunkline::{Result, service};
/// # #[derive(serde::Serialize)]
/// # struct Filter { open: bool }
/// #[service("order-service")]
/// trait Orders {
///     #[get("/customers/{customer}/orders")]
///     async fn list(&self, customer: &str, filter: &Filter, #[query("page_size")] size: Option<u32>) -> Result<Vec<u64>>;
///
///     #[post("/orders")]
///     async fn place(&self, #[field] item: &str, #[field] count: u32, #[header("X-Tenant")] tenant: &str) -> Result<u64>;
///
///     #[put("/files/{path*}")]
///     async fn store(&self, path: &str, #[body] content: Vec<u8>) -> Result<()>;
///
///     #[get("/{type}")]
///     async fn by_type(&self, r#type: &str) -> Result<Vec<u64>>;
/// }
/// ```
///
/// # What a method returns
///
/// `Result<T, E>` with `E: From<trunkline::Error>`, or any alias of it. `T` is what implements `FromReply`:
///
/// | T | value |
/// |---|---|
/// | any `DeserializeOwned` | the JSON body; an empty one reads as `null`, so `()` and `Option<T>` work on 204 |
/// | `Reply<T>` | status, headers, where it came from, and `T` |
/// | `Page<T>` | items, total, page and size |
/// | `Raw`, `Text` | bytes with their content type; text by its charset |
/// | `ByteStream` | the body as it comes in |
/// | an enum with `#[derive(FromReply)]` | one variant a status |
///
/// ```
/// # use trunkline::{Raw, Reply, Result, service};
/// struct Failed;
///
/// impl From<trunkline::Error> for Failed {
///     fn from(_: trunkline::Error) -> Self { Self }
/// }
///
/// #[service("order-service")]
/// trait Orders {
///     #[get("/orders/{id}")]
///     async fn order(&self, id: u64) -> Result<Reply<Option<String>>>;
///
///     #[get("/orders/{id}/invoice")]
///     async fn invoice(&self, id: u64) -> std::result::Result<Raw, Failed>;
/// }
/// ```
#[proc_macro_attribute]
pub fn service(arguments: TokenStream, item: TokenStream) -> TokenStream {
    stages::service(arguments.into(), item.into()).into()
}

/// Makes a type an event: what is published and handled under a name.
///
/// ```
/// use std::time::Duration;
///
/// use serde::{Deserialize, Serialize};
/// use trunkline::{Event, Priority};
///
/// #[derive(Serialize, Deserialize, Event)]
/// #[event("chat_completed")]
/// pub struct ChatCompleted { pub user_id: String, pub response: String }
///
/// #[derive(Serialize, Deserialize, Event)]
/// #[event("model.retired", version = 2, target = "agent-service", priority = "high", expires = "72h")]
/// #[serde(tag = "why")]
/// pub enum ModelRetired { Replaced { by: String }, Unused }
///
/// assert_eq!(ChatCompleted::NAME, "chat_completed");
/// assert_eq!((ModelRetired::VERSION, ModelRetired::TARGET), (2, Some("agent-service")));
/// assert_eq!((ModelRetired::PRIORITY, ModelRetired::EXPIRES), (Priority::High, Some(Duration::from_secs(72 * 3600))));
/// ```
///
/// # Arguments of `#[event]`
///
/// The name comes first: 1 to 128 visible ASCII characters, the name on the wire.
///
/// | argument | meaning | without it |
/// |---|---|---|
/// | `version = 2` | the version of the shape, from 1; a subscriber handles those that it has handlers for | 1 |
/// | `target = "agent-service"` | the one service that it is for; `all` is none | for every subscriber |
/// | `priority = "high"` | `low`, `normal`, `high`, `urgent`; `critical` is `urgent` | `normal` |
/// | `expires = "24h"` | how long it is worth handling: a whole number and one of `ms`, `s`, `m`, `h`, from `1ms` to `8760h`, which is 365 days | for ever |
/// | `crate = ::my::trunkline` | where the library is | `::trunkline` |
///
/// A publisher may say otherwise for one event: `events.publish(&event).target("…").priority(…)`.
///
/// # Which types
///
/// A struct or an enum. It implements `Serialize` and `Deserialize`, which the derive checks where the type is declared. A
/// type that borrows what it says (`struct Spoken<'a>(&'a str)`) can only be published, and implements `Serialize`. Of a type
/// with type parameters nothing is checked before it is used. A type for one side alone that is no such type implements the
/// trait by hand, which is one constant.
#[proc_macro_derive(Event, attributes(event))]
pub fn event(item: TokenStream) -> TokenStream {
    stages::event(item.into()).into()
}

/// Reads a reply into the variant of its status.
///
/// `#[status(201)]` names the statuses of a variant, `#[status(other)]` takes all that are left; without it, any other
/// status is an error of the call. A variant holds one value, read as the return type of a method would be, or
/// nothing, and then the body is not read. A status that has a variant is a value and no longer an error; retry and
/// breaker have seen it before.
///
/// The enum does not derive `Deserialize` too: what implements that is read as JSON, by an implementation of `FromReply`
/// with which this one would be in conflict (E0119). `#[reply(crate = ::my::trunkline)]` on the
/// enum says where the library is, when it is not `::trunkline`.
///
/// ```
/// use trunkline::{FromReply, Raw, Reply, Result, service};
///
/// #[derive(serde::Deserialize)]
/// struct User { name: String }
///
/// #[derive(FromReply)]
/// enum Registered {
///     #[status(200, 201)]
///     User(User),
///     #[status(409)]
///     Taken,
///     #[status(other)]
///     Other(Reply<Raw>),
/// }
///
/// #[service("user-service")]
/// trait Users {
///     #[post("/users")]
///     async fn register(&self, #[field] name: &str) -> Result<Registered>;
/// }
/// # let _ = |registered: Registered| match registered {
/// #     Registered::User(user) => user.name,
/// #     Registered::Taken => String::new(),
/// #     Registered::Other(reply) => reply.status().to_string(),
/// # };
/// ```
#[proc_macro_derive(FromReply, attributes(status, reply))]
pub fn from_reply(item: TokenStream) -> TokenStream {
    stages::from_reply(item.into()).into()
}
