//! Calls over a socket with the features that the crate is built with, none being the usual: the tests of the workspace have
//! all of them on, and one may hide what another lacks.

mod calls;
mod codings;
mod server;
