//! Types that are events, of every shape.
use std::borrow::Cow;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use trunkline::{Delivery, Event, Events, HandlerError, Priority};

#[derive(Serialize, Deserialize, Event)]
#[event("plain")]
pub struct Plain {
    pub id: u32,
}

#[derive(Serialize, Deserialize, Event)]
#[event("unit")]
pub struct Unit;

#[derive(Serialize, Deserialize, Event)]
#[event("wrapped", version = 4294967295)]
struct Wrapped(String);

#[derive(Serialize, Deserialize, Event)]
#[event(
    "chosen",
    target = "agent-service",
    priority = "critical",
    expires = "8760h",
    version = 2
)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Chosen {
    Plain(Plain),
    Named { id: u32 },
    Unit,
}

#[derive(Serialize, Event)]
#[event("spoken")]
struct Spoken<'a, 'b: 'a> {
    text: &'a str,
    words: Cow<'b, [u32]>,
}

#[derive(Serialize, Deserialize, Event)]
#[event("changed/v1")]
struct Changed<T, const N: usize = 1>
where
    T: Clone,
{
    to: T,
}

/// Only handled, so that one constant is all it needs.
#[derive(Deserialize)]
struct Heard {
    text: String,
}

impl Event for Heard {
    const NAME: &'static str = Spoken::NAME;
}

fn local(events: &Events) {
    #[derive(Serialize, Deserialize, Event)]
    #[event("local", priority = "low")]
    struct Local {
        r#type: u32,
    }
    drop(events.publish(&Local { r#type: 1 }));
}

fn uses(events: &Events) {
    let text = String::from("text");
    drop(events.publish(&Spoken {
        text: &text,
        words: Cow::Owned(vec![1]),
    }));
    drop(events.publish(&Changed::<_, 2> { to: "borrowed" }));
    drop(events.publish_all([Chosen::Unit, Chosen::Named { id: 1 }]));
    let handled = events
        .subscribe("group")
        .on(|event: Delivery<Chosen>| async move {
            match event.into_inner() {
                Chosen::Plain(Plain { id }) | Chosen::Named { id } if id > 0 => Ok(()),
                _ => Err(HandlerError::reject("no id")),
            }
        })
        .on(|event: Delivery<Changed<String>>| async move { event.to.parse::<u32>().map(drop) })
        .on(|event: Delivery<Heard>| async move { event.text.parse::<u32>().map(drop) });
    drop(handled);
}

pub(super) fn main() {
    let _ = (local, uses);
    assert_eq!((Plain::NAME, Plain::VERSION, Plain::TARGET), ("plain", 1, None));
    assert_eq!((Plain::PRIORITY, Plain::EXPIRES), (Priority::Normal, None));
    assert_eq!((Wrapped::NAME, Wrapped::VERSION), ("wrapped", u32::MAX));
    assert_eq!(
        (Chosen::TARGET, Chosen::PRIORITY),
        (Some("agent-service"), Priority::Urgent)
    );
    assert_eq!(Chosen::EXPIRES, Some(Duration::from_secs(365 * 24 * 3600)));
    assert_eq!(<Changed<u8, 3>>::NAME, "changed/v1");
    assert_eq!(<&Unit as Event>::NAME, "unit");
}
