use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde::Serialize;

use super::*;

fn target(template: &str, values: &[&dyn PathValue]) -> Result<String, Error> {
    let template = PathTemplate::parse(template).expect(template);
    let mut target = Target::start(std::sync::Arc::new(template), "");
    for value in values {
        target.path(*value);
    }
    target.finish()
}

fn check(template: &str, value: &str, expected: &str) {
    assert_eq!(target(template, &[&value]).expect(expected), expected);
}

fn query(name: &str, value: &dyn QueryArgument) -> Result<String, Error> {
    let template = PathTemplate::parse("/").expect("valid");
    let mut target = Target::start(std::sync::Arc::new(template), "");
    target.query(name, value);
    target.finish()
}

#[test]
fn simple() {
    check("/v1/models/{id}", "a b", "/v1/models/a%20b");
    let _ = (percent_decode_str(""), BTreeMap::<u8, u8>::new());
    assert_eq!(query("q", &"a b").unwrap(), "/?q=a%20b");
}

#[derive(Serialize)]
struct Unused;
