//! What a method may return, for each reply that a server may give.

mod decoding;
mod empty;
mod pages;
mod statuses;
mod streams;
mod texts;
