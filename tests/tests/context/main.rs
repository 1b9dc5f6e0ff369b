//! What travels along a chain of calls: ids, deadline, W3C trace.

mod headers;
mod inbound;
mod scopes;

use trunkline::testing::Recorded;

/// Whether this is what we make for a trace id.
fn is_trace_id(text: &str) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.len() == 32 && text.bytes().all(is_digit)
}

/// Whether this is a version 4 UUID.
fn is_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    lengths == [8, 4, 4, 4, 12]
        && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
        && parts[2].starts_with('4')
        && parts[3].starts_with(['8', '9', 'a', 'b'])
}

/// The parts of a `traceparent`: version, trace, span, flags.
fn parts(traceparent: &str) -> [&str; 4] {
    let parts: Vec<&str> = traceparent.split('-').collect();
    parts.try_into().expect("a traceparent has four parts")
}

/// A header that has to be there.
fn header<'r>(request: &'r Recorded, name: &str) -> &'r str {
    request
        .header(name)
        .unwrap_or_else(|| panic!("there is no {name}"))
}
