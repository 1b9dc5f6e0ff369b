//! Settings: where they come from, which one wins, and the policies they become.
//!
//! Every source (the builder, a file, the environment, `configure`) gives [`Settings`], in which everything is optional.
//! [`Sources`] lays the sources of one level over each other, [`Policy`] lays the levels over each other and fills in
//! the defaults. Text becomes a type once, where it is read; nothing below looks at text again.

mod base_url;
mod check;
mod duration;
mod env;
mod file;
mod headers;
mod mistake;
mod near;
mod policy;
mod resolve;
mod secret;
mod service;
mod settings;
mod sources;
mod text;

pub use policy::{Backoff, BreakerPolicy, EnvelopePolicy, RetryPolicy};
pub use service::ServiceConfig;

pub(crate) use base_url::parse_base_url;
pub(crate) use duration::{parse_duration, parse_seconds, parse_seconds_or_zero};
pub(crate) use env::{ClientEnv, EnvSnapshot, Environment, executable_name};
pub(crate) use file::FileSettings;
pub(crate) use headers::Headers;
pub(crate) use near::nearest;
pub(crate) use resolve::Policy;
pub(crate) use secret::{Credential, Secret};
pub(crate) use settings::{BreakerSettings, RetrySettings, Settings};
pub(crate) use sources::{ServiceLevel, Sources};
