//! The words of events: `#[derive(Event)]` and `#[publish]`, within the process and in paused time.

mod derived;
mod methods;
