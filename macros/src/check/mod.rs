//! The third stage: what was written becomes what is true, or an error.

mod binding;
mod body;
mod method;
mod policy;
mod publisher;
mod reply;

use crate::attr::{Publish, Role, Verb};
use crate::errors::Errors;
use crate::model::{Method, Parameter, ReplyEnum, Service};

/// The methods of a service that its client implements, in the order of the trait.
#[derive(Default)]
pub(crate) struct Methods<'a> {
    pub(crate) endpoints: Vec<Endpoint<'a>>,
    pub(crate) publishers: Vec<Publisher<'a>>,
}

/// A method that publishes an event.
pub(crate) struct Publisher<'a> {
    pub(crate) method: &'a Method,
    pub(crate) publish: &'a Publish,
    pub(crate) event: &'a Parameter,
}

/// A method that is a remote call, with every argument bound.
pub(crate) struct Endpoint<'a> {
    pub(crate) method: &'a Method,
    pub(crate) verb: &'a Verb,
    /// In the order in which the call takes them.
    pub(crate) arguments: Vec<Argument<'a>>,
}

/// An argument and where it goes.
pub(crate) struct Argument<'a> {
    pub(crate) parameter: &'a Parameter,
    pub(crate) target: Target,
}

/// Where an argument goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Path,
    OptionalPath,
    Query(String),
    Header(String),
    Json,
    Field(String),
    Form,
    Body,
}

/// What the client implements.
pub(crate) fn service<'a>(service: &'a Service, errors: &mut Errors) -> Methods<'a> {
    let mut methods = Methods::default();
    for method in service.methods() {
        method::check(method, service.arguments.erased, errors);
        match &method.role {
            Some(Role::Endpoint(verb)) => {
                policy::check(method, verb, errors);
                methods.endpoints.push(Endpoint {
                    method,
                    verb,
                    arguments: binding::bind(method, verb, errors),
                });
            }
            Some(Role::Publisher(publish)) => {
                methods
                    .publishers
                    .extend(publisher::check(service, method, publish, errors));
            }
            None => {}
        }
    }
    methods
}

/// An enum's statuses: each has one variant.
pub(crate) fn reply(reply: &ReplyEnum, errors: &mut Errors) {
    reply::check(reply, errors);
}
