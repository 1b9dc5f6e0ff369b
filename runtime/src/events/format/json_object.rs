//! A JSON object written member by member, around a value that is JSON already.

use bytes::Bytes;

use super::super::text::Text;

pub(crate) struct JsonObject(Vec<u8>);

impl JsonObject {
    /// With room for a value of so many bytes beside the rest.
    pub(crate) fn new(value: usize) -> Self {
        const REST: usize = 384;
        Self::after(Vec::with_capacity(value + REST))
    }

    /// Behind bytes that are there already.
    pub(crate) fn after(mut out: Vec<u8>) -> Self {
        out.push(b'{');
        Self(out)
    }

    pub(crate) fn text(self, name: &'static str, value: &str) -> Self {
        self.member(name, |out| write_text(out, value))
    }

    pub(crate) fn optional(self, name: &'static str, value: Option<&Text>) -> Self {
        match value {
            Some(value) => self.text(name, value),
            None => self.json(name, b"null"),
        }
    }

    pub(crate) fn number(self, name: &'static str, value: u32) -> Self {
        self.json(name, value.to_string().as_bytes())
    }

    pub(crate) fn optional_number(self, name: &'static str, value: Option<u64>) -> Self {
        match value {
            Some(value) => self.json(name, value.to_string().as_bytes()),
            None => self.json(name, b"null"),
        }
    }

    /// A member that is JSON already.
    pub(crate) fn json(self, name: &str, value: &[u8]) -> Self {
        self.member(name, |out| out.extend_from_slice(value))
    }

    /// A text under a name that is not ours, and needs its escapes too.
    pub(crate) fn foreign(self, name: &str, value: &str) -> Self {
        self.member(name, |out| write_text(out, value))
    }

    pub(crate) fn finish(self) -> Bytes {
        self.into_bytes().into()
    }

    /// As [`finish`](Self::finish), where more is to follow.
    pub(crate) fn into_bytes(mut self) -> Vec<u8> {
        self.0.push(b'}');
        self.0
    }

    fn member(mut self, name: &str, write: impl FnOnce(&mut Vec<u8>)) -> Self {
        if !self.0.ends_with(b"{") {
            self.0.push(b',');
        }
        write_text(&mut self.0, name);
        self.0.push(b':');
        write(&mut self.0);
        self
    }
}

pub(crate) fn write_text(out: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(out, text).expect("text is JSON, and a vector takes all of it");
}
