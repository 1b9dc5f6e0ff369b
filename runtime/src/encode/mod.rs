//! Arguments become a request: path, query, headers, bodies.
//!
//! Invariant: the traits that users' types meet are one thin method each; everything else here is compiled
//! once, in this crate. A value can change neither which path is reached nor where a parameter ends.

mod body;
mod flat;
mod form;
mod header;
mod json;
mod named;
mod path;
mod percent;
mod query;
mod target;

pub use body::BodyArgument;
pub use header::HeaderArgument;
pub use json::JsonArgument;
pub use path::{OptionalPathValue, PathValue};
pub use query::QueryArgument;

pub(crate) use form::form;
pub(crate) use header::header;
pub(crate) use json::{JsonFields, SizeHint, json};
pub(crate) use named::NamedTarget;
pub(crate) use target::Target;

use std::fmt;

use crate::{Error, ErrorKind};

/// The error of an argument that cannot be sent: ``query parameter `page`: …``.
fn refuse(parameter: &str, name: &str, fault: impl fmt::Display) -> Error {
    Error::new(ErrorKind::Request, format!("{parameter} `{name}`: {fault}"))
}
