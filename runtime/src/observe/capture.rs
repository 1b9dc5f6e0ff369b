//! For tests: what was traced on this thread.
//!
//! One subscriber for the whole process that writes to the thread's own list. A subscriber of one test alone would
//! miss what another thread had met first, since tracing remembers for all threads what nobody wanted to see.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Once;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::{LookupSpan, Registry};

thread_local! {
    static SEEN: RefCell<Vec<(Option<Id>, Captured)>> = const { RefCell::new(Vec::new()) };
}

/// A span or an event with all of its fields.
#[derive(Clone, Debug)]
pub(crate) struct Captured {
    pub(crate) name: &'static str,
    pub(crate) target: &'static str,
    pub(crate) level: tracing::Level,
    /// The name of the span around.
    pub(crate) parent: Option<&'static str>,
    pub(crate) fields: BTreeMap<&'static str, String>,
}

impl Captured {
    /// The field as text; `None` while it is empty.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }
}

/// Starts to listen; what this thread traced before is forgotten.
pub(crate) fn start() {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| {
        let subscriber = Registry::default().with(Recorder);
        tracing::subscriber::set_global_default(subscriber).expect("the only global subscriber of the tests");
    });
    SEEN.take();
}

/// The spans and events of this thread since [`start`], in their order.
pub(crate) fn seen() -> Vec<Captured> {
    SEEN.with_borrow(|seen| seen.iter().map(|(_, captured)| captured.clone()).collect())
}

struct Recorder;

impl Recorder {
    fn push(
        id: Option<Id>,
        metadata: &Metadata<'static>,
        parent: Option<&'static str>,
        record: impl FnOnce(&mut Fields),
    ) {
        let mut fields = Fields(BTreeMap::new());
        record(&mut fields);
        let captured = Captured {
            name: metadata.name(),
            target: metadata.target(),
            level: *metadata.level(),
            parent,
            fields: fields.0,
        };
        SEEN.with_borrow_mut(|seen| seen.push((id, captured)));
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
