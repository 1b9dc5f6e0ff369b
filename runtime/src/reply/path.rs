//! Where in a JSON document a place is, as a path: `data.items[3].id`.

use std::fmt::Write;

/// The most bytes of a path that are shown.
const LIMIT: usize = 300;

/// The path of the value that the bytes before `offset` end in, or are inside of; empty for the document itself.
///
/// A decoder's position is just behind what it could not take: behind a scalar, behind the `}` of an object that
/// lacks a field, behind the `[` of a list that should have been something else.
pub(super) fn path_at(text: &[u8], offset: usize) -> String {
    let text = &text[..offset.min(text.len())];
    let mut frames: Vec<Frame> = Vec::new();
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        let is_last = at + 1 == text.len();
        match byte {
            b'"' => {
                let end = string_end(text, at);
                if let Some(Frame::Object { key, awaits: true }) = frames.last_mut() {
                    *key = text.get(at + 1..end.saturating_sub(1));
                }
                at = end;
                continue;
            }
            b'{' if !is_last => frames.push(Frame::Object {
                key: None,
                awaits: true,
            }),
            b'[' if !is_last => frames.push(Frame::Array { index: 0 }),
            b'}' | b']' => {
                frames.pop();
            }
            b',' => match frames.last_mut() {
                Some(Frame::Object { key, awaits }) => (*key, *awaits) = (None, true),
                Some(Frame::Array { index }) => *index += 1,
                None => {}
            },
            b':' => {
                if let Some(Frame::Object { awaits, .. }) = frames.last_mut() {
                    *awaits = false;
                }
            }
            _ => {}
        }
        at += 1;
    }
    written(&frames)
}

/// A list or an object that the place is inside of.
enum Frame<'t> {
    Object {
        /// The raw text of the key whose value is being read.
        key: Option<&'t [u8]>,
        /// Whether a key comes next.
        awaits: bool,
    },
    Array {
        index: usize,
    },
}

/// The place behind a string that begins at `start`.
fn string_end(text: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    text.len()
}

fn written(frames: &[Frame<'_>]) -> String {
    let mut path = String::new();
    for frame in frames {
        if path.len() > LIMIT {
            path.push('…');
            break;
        }
        match frame {
            Frame::Array { index } => _ = write!(path, "[{index}]"),
            Frame::Object { key: Some(key), .. } => push_key(&mut path, key),
            Frame::Object { key: None, .. } => {}
        }
    }
    path
}

fn push_key(path: &mut String, key: &[u8]) {
    let key = crate::error::excerpt(key);
    let is_word = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    match (is_word, path.is_empty()) {
        (true, true) => path.push_str(&key),
        (true, false) => _ = write!(path, ".{key}"),
        (false, _) => _ = write!(path, "[\"{key}\"]"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The place is marked by `^`, just behind the byte that a decoder took last.
    fn check(marked: &str, expected: &str) {
        let offset = marked.find('^').expect("a mark");
        assert_eq!(
            path_at(marked.replace('^', "").as_bytes(), offset),
            expected,
            "{marked}"
        );
    }

    #[test]
    fn finds_the_value_that_a_place_is_behind() {
        check(r#"{"a":"x"^}"#, "a");
        check(r#"{"a":1,"b":{"c":[0,1,{"d":true^}]}}"#, "b.c[2].d");
        check(r#"{"data":{"items":[{"id":1},{"id":"x"^}]}}"#, "data.items[1].id");
        check("[[1,2],[3^,4]]", "[1][0]");
        check(r#""x"^"#, "");
    }

    #[test]
    fn an_object_or_a_list_is_found_at_its_ends() {
        check(r#"{"a":[{"b":1}^]}"#, "a[0]");
        check(r#"{"a":{"b":1}^}"#, "a");
        check(r#"{"a":1}^"#, "");
        check(r#"{"a":[^1]}"#, "a");
        check(r#"{"a":{^"b":1}}"#, "a");
        check(r#"{"a":[1]^}"#, "a");
    }

    #[test]
    fn a_key_alone_counts() {
        check(r#"{"a":{"b"^:1}}"#, "a.b");
        check(r#"{"a":1,"b"^:1}"#, "b");
    }

    #[test]
    fn strings_hide_what_is_inside_them() {
        check(r#"{"a{\"[,:":{"b":"}]"^}}"#, r#"["a{\"[,:"].b"#);
        check(r#"{"a":"x^yz"}"#, "a");
        check(r#"{"":1^}"#, r#"[""]"#);
    }

    #[test]
    fn nonsense_has_some_path_and_no_panic() {
        for text in ["^", "}}}]^", "[,,,^", "\"\\^", "{\"^", ":::^", "{{{{^"] {
            let offset = text.find('^').expect("a mark");
            path_at(text.replace('^', "").as_bytes(), offset);
        }
        assert!(path_at("[ ".repeat(10_000).as_bytes(), usize::MAX).len() < LIMIT + 10);
    }
}
