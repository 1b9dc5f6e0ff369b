//! Is there one event to publish, and nothing that only a call has?

use super::Publisher;
use crate::attr::{Publish, check_target};
use crate::errors::Errors;
use crate::model::{Method, Parameter, Service};

/// The publisher, or `None` when there is no event, which has been reported.
pub(super) fn check<'a>(
    service: &Service,
    method: &'a Method,
    publish: &'a Publish,
    errors: &mut Errors,
) -> Option<Publisher<'a>> {
    check_policies(method, errors);
    check_service(service, publish, errors);
    let event = the_event(method, errors)?;
    check_binding(event, errors);
    Some(Publisher {
        method,
        publish,
        event,
    })
}

fn check_policies(method: &Method, errors: &mut Errors) {
    if let Some(word) = &method.policy_word {
        errors.push(
            word,
            format!(
                "`#[{word}]` is about an HTTP call, and `{}` publishes an event; what can be said of it is \
                 `#[publish(priority = \"high\", target = \"agent-service\")]`",
                method.name
            ),
        );
    }
}

/// The service is the target unless another is named. An empty name has been reported.
fn check_service(service: &Service, publish: &Publish, errors: &mut Errors) {
    let name = &service.arguments.name;
    if publish.target.is_some() || name.is_empty() {
        return;
    }
    if let Err(message) = check_target(name) {
        errors.push(
            &publish.word,
            format!("the service is the target, and cannot be one: {message}"),
        );
    }
}

fn the_event<'a>(method: &'a Method, errors: &mut Errors) -> Option<&'a Parameter> {
    let name = &method.name;
    match method.parameters.as_slice() {
        [event] => return Some(event),
        [] => errors.push(
            &method.ident,
            format!(
                "`{name}` has no event to publish; expected one argument: `async fn {name}(&self, event: &OrderPaid)`"
            ),
        ),
        [_, second, ..] => errors.push(
            &second.pattern,
            format!("`{name}` publishes its first argument; expected no other, what it says belongs into the event"),
        ),
    }
    None
}

fn check_binding(event: &Parameter, errors: &mut Errors) {
    if event.binding.is_some() {
        errors.push_at(
            event.binding_span(),
            "the argument of a `#[publish]` method is the event; drop the attribute, which is about an HTTP call",
        );
    }
}
