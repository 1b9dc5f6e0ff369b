//! Does the call have one body at most, and none where HTTP has none?

use super::{Argument, Target};
use crate::attr::Verb;
use crate::errors::Errors;

/// At most one kind of body, and none where HTTP has none.
pub(super) fn check(arguments: &[Argument<'_>], verb: &Verb, errors: &mut Errors) {
    let bodies: Vec<_> = arguments
        .iter()
        .filter(|argument| argument.target.is_body())
        .collect();
    let Some((first, others)) = bodies.split_first() else {
        return;
    };
    if verb.forbids_body() {
        errors.push_at(
            first.parameter.binding_span(),
            format!(
                "a `{}` has no body; expected `#[query]`, `#[header(\"X-Name\")]` or a placeholder",
                verb.name()
            ),
        );
        return;
    }
    for other in others {
        match (&first.target, &other.target) {
            (Target::Field(_), Target::Field(name)) => check_field(name, other, &bodies, errors),
            (earlier, _) => errors.push_at(
                other.parameter.binding_span(),
                format!(
                    "a call has one body, and {} is it already; drop one of them",
                    earlier.describe()
                ),
            ),
        }
    }
}

/// Two fields of one name would be one key of the object.
fn check_field(name: &str, field: &Argument<'_>, bodies: &[&Argument<'_>], errors: &mut Errors) {
    let target = Target::Field(name.to_owned());
    let first = bodies.iter().find(|body| body.target == target);
    if first.is_some_and(|first| !std::ptr::eq(*first, field)) {
        errors.push_at(
            field.parameter.binding_span(),
            format!("the field `{name}` is given twice; each field has one argument"),
        );
    }
}

impl Target {
    pub(super) fn is_body(&self) -> bool {
        match self {
            Self::Json | Self::Field(_) | Self::Form | Self::Body => true,
            Self::Path | Self::OptionalPath | Self::Query(_) | Self::Header(_) => false,
        }
    }

    pub(super) fn describe(&self) -> &'static str {
        match self {
            Self::Json => "the `#[json]` argument",
            Self::Field(_) => "the object of the `#[field]` arguments",
            Self::Form => "the `#[form]` argument",
            Self::Body => "the `#[body]` argument",
            Self::Path | Self::OptionalPath | Self::Query(_) | Self::Header(_) => "another argument",
        }
    }
}
