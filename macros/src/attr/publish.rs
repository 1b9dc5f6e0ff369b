//! `#[publish]`, `#[publish(priority = "high", target = "agent-service")]`.

use proc_macro2::Ident;

use super::argument::{Arguments, Key};
use super::priority::Priority;
use super::{address, priority, value};
use crate::errors::Errors;
use crate::symbol::{IN_PUBLISH, PRIORITY, TARGET};

/// What makes a method one that publishes.
pub(crate) struct Publish {
    pub(crate) word: Ident,
    /// Instead of the service.
    pub(crate) target: Option<String>,
    /// Instead of what the event's type says.
    pub(crate) priority: Option<Priority>,
}

impl Publish {
    /// `None` for arguments that could not be read, which has been reported.
    pub(crate) fn read(word: Ident, arguments: Option<Arguments>, errors: &mut Errors) -> Self {
        let mut publish = Self {
            word,
            target: None,
            priority: None,
        };
        let Some(mut arguments) = arguments else {
            return publish;
        };
        refuse_literals(&mut arguments, errors);
        for (symbol, word, form) in arguments.named(IN_PUBLISH, &[], errors) {
            match symbol {
                TARGET => {
                    publish.target =
                        value::assigned(&word, &form, address::target, "\"agent-service\"", errors);
                }
                PRIORITY => {
                    publish.priority = value::assigned(&word, &form, priority::read, "\"high\"", errors);
                }
                // `named` lets no other word through.
                _ => {}
            }
        }
        publish
    }
}

/// A path or a name is what one would expect to write here.
fn refuse_literals(arguments: &mut Arguments, errors: &mut Errors) {
    arguments.list.retain(|argument| match &argument.key {
        Key::Word(_) => true,
        Key::Literal(literal) => {
            errors.push(
                literal,
                "an event has no path, and its name is that of its type: `#[derive(Event)] #[event(\"name\")]`; \
                 expected `#[publish]` or `#[publish(priority = \"high\", target = \"agent-service\")]`",
            );
            false
        }
    });
}
