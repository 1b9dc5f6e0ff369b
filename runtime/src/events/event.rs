//! What a type says of itself to be an event.

use std::time::Duration;

use super::Priority;

/// A type that is published and handled by its name.
///
/// Usually [derived](derive@crate::Event); by hand it is one constant. A publisher's type is `Serialize`, a subscriber's `DeserializeOwned`; both
/// sides may have types of their own, as long as the name and the JSON agree.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use trunkline::Event;
///
/// #[derive(Serialize, Deserialize, Event)]
/// #[event("chat_completed")]
/// struct ChatCompleted {
///     user_id: String,
/// }
///
/// /// As another service sees it: only handled, and only what it needs.
/// #[derive(Deserialize)]
/// struct Chatted {}
///
/// impl Event for Chatted {
///     const NAME: &'static str = ChatCompleted::NAME;
/// }
///
/// assert_eq!(Chatted::NAME, "chat_completed");
/// assert_eq!((Chatted::VERSION, Chatted::TARGET), (1, None));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event",
    label = "this type does not implement `trunkline::Event`",
    note = "derive it: `#[derive(trunkline::Event)] #[event(\"name\")]`; without a type there is `publish_named`"
)]
pub trait Event {
    /// The name on the wire, 1 to 128 visible ASCII characters: `chat_completed`.
    const NAME: &'static str;

    /// The version of its shape, from 1. A subscriber handles the versions that it has handlers for; others go to the
    /// dead letters.
    const VERSION: u32 = 1;

    /// The service that it is for, unless the publisher names another. `None`: for every subscriber.
    const TARGET: Option<&'static str> = None;

    /// How urgent it is, unless the publisher says otherwise.
    const PRIORITY: Priority = Priority::Normal;

    /// How long it is worth handling. Later it goes to the dead letters instead of a handler. `None`: for ever.
    const EXPIRES: Option<Duration> = None;
}

/// A reference is the same event, so that lists of either are published alike.
impl<E: Event + ?Sized> Event for &E {
    const NAME: &'static str = E::NAME;
    const VERSION: u32 = E::VERSION;
    const TARGET: Option<&'static str> = E::TARGET;
    const PRIORITY: Priority = E::PRIORITY;
    const EXPIRES: Option<Duration> = E::EXPIRES;
}
