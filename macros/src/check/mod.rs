//! The third stage: what was written becomes what is true, or an error.

mod binding;
mod body;
mod method;
mod policy;
mod reply;

use crate::attr::Verb;
use crate::errors::Errors;
use crate::model::{Method, Parameter, ReplyEnum, Service};

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

/// The endpoints of the service, in the order of the trait.
pub(crate) fn service<'a>(service: &'a Service, errors: &mut Errors) -> Vec<Endpoint<'a>> {
    let mut endpoints = Vec::new();
    for method in service.methods() {
        method::check(method, service.arguments.erased, errors);
        if let Some(verb) = &method.verb {
            policy::check(method, verb, errors);
            endpoints.push(Endpoint {
                method,
                verb,
                arguments: binding::bind(method, verb, errors),
            });
        }
    }
    endpoints
}

/// An enum's statuses: each has one variant.
pub(crate) fn reply(reply: &ReplyEnum, errors: &mut Errors) {
    reply::check(reply, errors);
}
