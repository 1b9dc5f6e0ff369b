//! What compiles: each module is a program of its own, as a user might write it. Most prove what they have to by being
//! compiled; the others are run as well.
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
fn methods_that_are_configured_out_are_in_no_list() {
    conditional_methods::main();
}

#[test]
fn a_default_method_calls_the_others_of_a_fake() {
    default_methods::main();
}

#[test]
fn a_dyn_handle_reaches_its_fake() {
    dyn_handle::main();
}

#[test]
fn an_event_is_what_its_attributes_say() {
    events::main();
}

#[test]
fn every_attribute_leaves_one_endpoint_a_method() {
    every_attribute::main();
}

#[test]
fn the_example_has_two_endpoints() {
    example::main();
}

#[test]
fn a_method_that_publishes_is_no_endpoint() {
    publishers::main();
}
