//! What `#[derive(Event)]` asks of a type where it is declared, so that a missing derive is said there and not at each use.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::encode::JsonArgument;

/// A type that can be published.
#[diagnostic::on_unimplemented(
    message = "the event `{Self}` cannot be published",
    label = "this type does not implement `serde::Serialize`",
    note = "derive it: `#[derive(serde::Serialize)]`",
    note = "a type that is handled and never published implements `trunkline::Event` by hand, which is one constant"
)]
pub trait PublishedEvent {
    #[doc(hidden)]
    fn as_json(&self) -> &dyn JsonArgument;
}

#[diagnostic::do_not_recommend]
impl<E: Serialize> PublishedEvent for E {
    fn as_json(&self) -> &dyn JsonArgument {
        self
    }
}

/// A type that can be handled.
#[diagnostic::on_unimplemented(
    message = "the event `{Self}` cannot be handled",
    label = "this type does not implement `serde::Deserialize`",
    note = "derive it: `#[derive(serde::Deserialize)]`",
    note = "a type that is published and never handled implements `trunkline::Event` by hand, which is one constant"
)]
pub trait HandledEvent {}

#[diagnostic::do_not_recommend]
impl<E: DeserializeOwned> HandledEvent for E {}

/// An event that owns what it says: it can be published and handled.
pub const fn owned_event<E: PublishedEvent + HandledEvent>() {}

/// An event that borrows what it says: it can be published.
pub const fn borrowing_event<E: PublishedEvent>() {}
