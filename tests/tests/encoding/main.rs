//! Any value arrives as it was, and none changes which path is reached.

mod addresses;
mod paths;
mod properties;
mod queries;
