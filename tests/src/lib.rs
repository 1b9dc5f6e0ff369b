//! What the tests share: scripts and their policy, servers that behave and servers that do not, clocks.

pub mod clock;
pub mod h2_frames;
pub mod raw_tcp;
pub mod scripted;
pub mod servers;
