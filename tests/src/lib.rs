//! What the behaviour tests share.

pub mod echo;
pub mod scripted;
pub mod server;
pub mod traces;
