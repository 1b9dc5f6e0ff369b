//! What compiles: each module is a program of its own, as a user might write it.
// A user's program has its own lints.
#![allow(
    dead_code,
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    clippy::pedantic
)]

mod arguments_not_send;
mod conditional_methods;
mod default_methods;
mod dyn_handle;
mod events;
mod every_attribute;
mod example;
mod generic_methods;
mod local_service;
mod odd_argument_names;
mod publishers;
mod raw_identifiers;
mod renamed_crate;
mod reply_by_status;
mod shadowed_names;
mod spawnable;

#[test]
fn arguments_not_send_runs() {
    arguments_not_send::main();
}

#[test]
fn conditional_methods_runs() {
    conditional_methods::main();
}

#[test]
fn default_methods_runs() {
    default_methods::main();
}

#[test]
fn dyn_handle_runs() {
    dyn_handle::main();
}

#[test]
fn every_attribute_runs() {
    every_attribute::main();
}

#[test]
fn events_runs() {
    events::main();
}

#[test]
fn example_runs() {
    example::main();
}

#[test]
fn generic_methods_runs() {
    generic_methods::main();
}

#[test]
fn local_service_runs() {
    local_service::main();
}

#[test]
fn odd_argument_names_runs() {
    odd_argument_names::main();
}

#[test]
fn publishers_runs() {
    publishers::main();
}

#[test]
fn raw_identifiers_runs() {
    raw_identifiers::main();
}

#[test]
fn renamed_crate_runs() {
    renamed_crate::main();
}

#[test]
fn reply_by_status_runs() {
    reply_by_status::main();
}

#[test]
fn shadowed_names_runs() {
    shadowed_names::main();
}

#[test]
fn spawnable_runs() {
    spawnable::main();
}
