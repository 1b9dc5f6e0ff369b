//! What the tests share: scripts and their policy, servers that behave and servers that do not, clocks.

pub mod amqp_peer;
pub mod broker;
pub mod clock;
pub mod echo;
pub mod events;
pub mod h2_frames;
pub mod raw_tcp;
pub mod reference;
pub mod scripted;
pub mod server;
pub mod tls_server;
pub mod traces;
