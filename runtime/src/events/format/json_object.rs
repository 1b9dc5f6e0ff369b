//! A JSON object written member by member, around a value that is JSON already.

use bytes::Bytes;

use super::super::text::Text;

pub(super) struct JsonObject(Vec<u8>);

impl JsonObject {
    /// With room for a value of so many bytes beside the rest.
    pub(super) fn new(value: usize) -> Self {
        const REST: usize = 384;
        let mut out = Vec::with_capacity(value + REST);
        out.push(b'{');
        Self(out)
    }

    pub(super) fn text(self, name: &'static str, value: &str) -> Self {
        self.member(name, |out| write_text(out, value))
    }

    pub(super) fn optional(self, name: &'static str, value: Option<&Text>) -> Self {
        match value {
            Some(value) => self.text(name, value),
            None => self.json(name, b"null"),
        }
    }

    pub(super) fn number(self, name: &'static str, value: u32) -> Self {
        self.json(name, value.to_string().as_bytes())
    }

    /// A member that is JSON already.
    pub(super) fn json(self, name: &str, value: &[u8]) -> Self {
        self.member(name, |out| out.extend_from_slice(value))
    }

    /// A text under a name that is not ours, and needs its escapes too.
    pub(super) fn foreign(self, name: &str, value: &str) -> Self {
        self.member(name, |out| write_text(out, value))
    }

    pub(super) fn finish(mut self) -> Bytes {
        self.0.push(b'}');
        self.0.into()
    }

    fn member(mut self, name: &str, write: impl FnOnce(&mut Vec<u8>)) -> Self {
        if self.0.len() > 1 {
            self.0.push(b',');
        }
        write_text(&mut self.0, name);
        self.0.push(b':');
        write(&mut self.0);
        self
    }
}

fn write_text(out: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(out, text).expect("text is JSON, and a vector takes all of it");
}
