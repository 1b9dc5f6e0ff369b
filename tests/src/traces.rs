//! What was traced on a test's thread.
//!
//! One subscriber for the whole process that writes to the thread's own list: tracing remembers for all threads what
//! nobody wanted to see, so a subscriber of one test alone would miss what another test had met first.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Once;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::{LookupSpan, Registry};

thread_local! {
    static SEEN: RefCell<Vec<(Option<Id>, Trace)>> = const { RefCell::new(Vec::new()) };
}

/// A span or an event of trunkline, with all of its fields.
#[derive(Clone, Debug)]
pub struct Trace {
    /// The span's name; of an event, where it stands in the source.
    pub name: &'static str,
    /// Where it belongs.
    pub target: &'static str,
    /// How loud it is.
    pub level: Level,
    /// Whether it is an event.
    pub is_event: bool,
    /// The name of the span around.
    pub parent: Option<&'static str>,
    /// The fields that have a value.
    pub fields: BTreeMap<&'static str, String>,
}

impl Trace {
    /// The field as text; `None` while it is empty.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }
}

/// Starts to listen; what this thread traced before is forgotten.
///
/// # Panics
/// When another global subscriber is there.
pub fn start() {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| {
        let subscriber = Registry::default().with(Recorder);
        tracing::subscriber::set_global_default(subscriber).expect("the only global subscriber of the tests");
    });
    SEEN.take();
}

/// What trunkline has traced on this thread since [`start`], in its order.
pub fn seen() -> Vec<Trace> {
    SEEN.with_borrow(|seen| seen.iter().map(|(_, trace)| trace.clone()).collect())
}

/// The spans of this name since [`start`].
pub fn spans(name: &str) -> Vec<Trace> {
    let is_it = |trace: &Trace| !trace.is_event && trace.name == name;
    seen().into_iter().filter(is_it).collect()
}

/// The events since [`start`].
pub fn events() -> Vec<Trace> {
    seen().into_iter().filter(|trace| trace.is_event).collect()
}

struct Recorder;

impl Recorder {
    fn push(
        id: Option<Id>,
        metadata: &Metadata<'static>,
        parent: Option<&'static str>,
        record: impl FnOnce(&mut Fields),
    ) {
        if !metadata.target().starts_with("trunkline") {
            return;
        }
        let mut fields = Fields(BTreeMap::new());
        record(&mut fields);
        let trace = Trace {
            name: metadata.name(),
            target: metadata.target(),
            level: *metadata.level(),
            is_event: id.is_none(),
            parent,
            fields: fields.0,
        };
        SEEN.with_borrow_mut(|seen| seen.push((id, trace)));
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Recorder {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let parent = context
            .span(id)
            .and_then(|span| span.parent())
            .map(|parent| parent.name());
        Self::push(Some(id.clone()), attributes.metadata(), parent, |fields| {
            attributes.record(fields);
        });
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: Context<'_, S>) {
        SEEN.with_borrow_mut(|seen| {
            let Some((_, span)) = seen.iter_mut().rev().find(|(seen, _)| seen.as_ref() == Some(id)) else {
                return;
            };
            let mut fields = Fields(std::mem::take(&mut span.fields));
            values.record(&mut fields);
            span.fields = fields.0;
        });
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let parent = context.event_span(event).map(|span| span.name());
        Self::push(None, event.metadata(), parent, |fields| event.record(fields));
    }
}

struct Fields(BTreeMap<&'static str, String>);

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}
