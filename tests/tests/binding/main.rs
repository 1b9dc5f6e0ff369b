//! How arguments become a request, seen by a real server.

mod bodies;
mod fields;
mod headers;
mod queries;
mod services;
mod verbs;
