//! What a method under `#[publish]` calls.

use std::sync::Arc;

use tokio::time::Instant;

use super::super::derived::PublishedEvent;
use super::super::event::Event;
use super::super::priority::Priority;
use super::super::text::Text;
use super::{Draft, Publish, Receipt};
use crate::client::ServiceClient;
use crate::{CallOptions, Error, Result};

/// An event for this service.
pub fn publish<E: Event + PublishedEvent>(service: &ServiceClient, event: &E) -> ServicePublish {
    let draft = Draft::of::<E>(service.shared(), event.as_json());
    ServicePublish(Publish::new(
        Arc::clone(service.shared()),
        for_service(draft, service),
    ))
}

/// Its target is the service.
fn for_service(mut draft: Draft, service: &ServiceClient) -> Draft {
    draft.target = Some(service.as_target());
    match service.options() {
        None => draft,
        Some(options) => heed(draft, options),
    }
}

/// Of the options of the client an event heeds the timeout and the headers; the others are about HTTP.
fn heed(mut draft: Draft, options: &CallOptions) -> Draft {
    match (&options.mistake, options.timeout) {
        // Also a timeout that is out of range.
        (Some(mistake), _) => draft.body = Err(mistake.clone()),
        (None, Some(timeout)) => draft.context.limit(Instant::now() + timeout),
        (None, None) => {}
    }
    let headers = options.headers.iter().map(|(name, value)| {
        let value = value.to_str().expect("options take visible ASCII alone");
        (Text::copy(name.as_str()), Text::copy(value))
    });
    draft.headers.extend(headers);
    draft
}

/// An event on its way to a service, as the macro writes it.
#[derive(Debug)]
#[must_use = "an event is published by sending it"]
pub struct ServicePublish(Publish);

#[expect(
    missing_docs,
    reason = "one method an argument of the attribute, by its name; the macro's reference documents them"
)]
impl ServicePublish {
    pub fn target(self, service: &'static str) -> Self {
        Self(self.0.change(|draft| draft.target = Some(service.into())))
    }

    pub fn priority(self, priority: Priority) -> Self {
        Self(self.0.priority(priority))
    }

    pub fn send<R: PublishOutcome>(self) -> impl Future<Output = R> + Send {
        let publish = self.0;
        async move { R::from_outcome(publish.await) }
    }
}

/// The return type of a method under `#[publish]`.
#[diagnostic::on_unimplemented(
    message = "a method under `#[publish]` cannot return `{Self}`",
    label = "this is not a `Result<Receipt, E>` with `E: From<trunkline::Error>`",
    note = "return `trunkline::Result<Receipt>`, `Result<()>`, or a `Result` with an error of your own that is `From<trunkline::Error>`"
)]
pub trait PublishOutcome: Sized + Send {
    /// The outcome as the method has it.
    fn from_outcome(outcome: Result<Receipt>) -> Self;
}

impl<T: FromReceipt, E: From<Error> + Send> PublishOutcome for Result<T, E> {
    fn from_outcome(outcome: Result<Receipt>) -> Self {
        outcome.map(T::from_receipt).map_err(E::from)
    }
}

/// What a published event is to its publisher.
#[diagnostic::on_unimplemented(
    message = "a receipt of a published event cannot be read as `{Self}`",
    label = "this is neither `trunkline::Receipt` nor `()`",
    note = "a method under `#[publish]` returns `Result<Receipt>` or `Result<()>`"
)]
pub trait FromReceipt: Send {
    /// The receipt, or what is left of it.
    fn from_receipt(receipt: Receipt) -> Self;
}

impl FromReceipt for Receipt {
    fn from_receipt(receipt: Receipt) -> Self {
        receipt
    }
}

impl FromReceipt for () {
    fn from_receipt(_: Receipt) -> Self {}
}
