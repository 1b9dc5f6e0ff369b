//! JSON bodies, written once into a buffer of about the right size.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde::Serialize;

use crate::{Error, ErrorKind};

/// A JSON body, or a field of one: anything that implements `Serialize`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be sent as JSON",
    label = "this type does not implement `serde::Serialize`",
    note = "derive it: `#[derive(serde::Serialize)]`; a body that is not JSON is `#[body]`, a form is `#[form]`"
)]
pub trait JsonArgument {
    #[doc(hidden)]
    fn write(&self, out: &mut Vec<u8>) -> serde_json::Result<()>;
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + ?Sized> JsonArgument for T {
    fn write(&self, out: &mut Vec<u8>) -> serde_json::Result<()> {
        serde_json::to_writer(out, self)
    }
}

/// Encodes a body; `size` remembers how large the endpoint's bodies are.
pub(crate) fn json(value: &dyn JsonArgument, size: &SizeHint) -> Result<Vec<u8>, Error> {
    let mut out = Vec::with_capacity(size.get());
    match value.write(&mut out) {
        Ok(()) => {
            size.record(out.len());
            Ok(out)
        }
        Err(error) => Err(Error::new(ErrorKind::Request, format!("JSON body: {error}")).with_source(error)),
    }
}

/// How large the bodies of an endpoint are, so that the next one is written without growing its buffer.
#[derive(Debug)]
pub(crate) struct SizeHint(AtomicUsize);

impl SizeHint {
    const START: usize = 256;
    const MOST: usize = 64 * 1024;

    pub(crate) const fn new() -> Self {
        Self(AtomicUsize::new(Self::START))
    }

    fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// Follows larger bodies at once and never shrinks; writes only when it changes, so that cores share the line.
    fn record(&self, length: usize) {
        let wanted = length.next_multiple_of(64).min(Self::MOST);
        if wanted > self.get() {
            self.0.store(wanted, Ordering::Relaxed);
        }
    }
}

/// A JSON object that is written field by field.
#[derive(Debug)]
pub(crate) struct JsonFields(Vec<u8>);

impl JsonFields {
    pub(crate) fn new(size: &SizeHint) -> Self {
        Self(Vec::with_capacity(size.get()))
    }

    pub(crate) fn field(&mut self, name: &str, value: &dyn JsonArgument) -> Result<(), Error> {
        self.0.push(if self.0.is_empty() { b'{' } else { b',' });
        let written = name.write(&mut self.0).and_then(|()| {
            self.0.push(b':');
            value.write(&mut self.0)
        });
        written.map_err(|error| super::refuse("field", name, &error).with_source(error))
    }

    pub(crate) fn finish(mut self, size: &SizeHint) -> Vec<u8> {
        if self.0.is_empty() {
            self.0.push(b'{');
        }
        self.0.push(b'}');
        size.record(self.0.len());
        self.0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn the_second_body_of_a_size_does_not_grow_its_buffer() {
        let size = SizeHint::new();
        let text = "x".repeat(1000);
        json(&text, &size).expect("encodes");
        let body = json(&text, &size).expect("encodes");
        assert_eq!(body.len(), 1002);
        assert_eq!(body.capacity(), 1024);
    }

    #[test]
    fn one_huge_body_does_not_make_all_buffers_huge() {
        let size = SizeHint::new();
        json(&"x".repeat(1_000_000), &size).expect("encodes");
        assert_eq!(size.get(), SizeHint::MOST);
    }

    #[test]
    fn fields_make_one_object() {
        let size = SizeHint::new();
        let mut fields = JsonFields::new(&size);
        fields.field("a\"b", &1).expect("encodes");
        fields.field("list", &[Some("x"), None]).expect("encodes");
        assert_eq!(fields.finish(&size), br#"{"a\"b":1,"list":["x",null]}"#);
        assert_eq!(JsonFields::new(&size).finish(&size), b"{}");
    }

    #[test]
    fn what_is_not_json_is_refused() {
        let keys = HashMap::from([((1, 2), 3)]);
        let error = json(&keys, &SizeHint::new()).expect_err("no text keys");
        assert_eq!(error.kind(), ErrorKind::Request);
        assert_eq!(error.to_string(), "JSON body: key must be a string");
        let size = SizeHint::new();
        let error = JsonFields::new(&size)
            .field("keys", &keys)
            .expect_err("no text keys");
        assert_eq!(error.to_string(), "field `keys`: key must be a string");
    }
}
