//! What is tried again, when, where, and under which key.

mod classes;
mod instances;
mod keys;
mod off;
mod schedule;
