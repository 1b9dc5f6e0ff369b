//! The path of an endpoint: literal text and placeholders, read once.
//!
//! Invariant: a template that parsed has only characters that may stand in a path, and no segment that
//! would change which path is reached.

use std::fmt;
use std::ops::Range;

use crate::{Error, ErrorKind};

/// A path with placeholders: `/v1/models/{id}`, `/files/{rest*}`, `/users/{id?}`.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct PathTemplate {
    text: Box<str>,
    pieces: Vec<Piece>,
}

/// A part of a template; the ranges are of its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Text that is sent as it stands.
    Literal(Range<usize>),
    /// `{id}`: a value inside one segment.
    Value(Range<usize>),
    /// A segment with values is complete, and can be judged; the name of the last of them.
    EndOfSegment(Range<usize>),
    /// `/{id?}`: a segment with its slash, or nothing.
    Optional(Range<usize>),
    /// `{rest*}`: one segment or more, at the end.
    Rest(Range<usize>),
}

impl PathTemplate {
    /// Reads a template.
    ///
    /// # Errors
    /// `Request`, naming the template, what is wrong with it, and what would be right.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let mut parser = Parser {
            text,
            pieces: Vec::new(),
            literal: 0,
        };
        parser
            .path()
            .map_err(|fault| Error::new(ErrorKind::Request, format!("path template `{text}`: {fault}")))?;
        Ok(Self {
            text: text.into(),
            pieces: parser.pieces,
        })
    }

    /// The template as it was written.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// The text of a literal, or the name of a placeholder.
    pub(crate) fn text(&self, range: &Range<usize>) -> &str {
        &self.text[range.clone()]
    }

    /// The names of the placeholders, in order.
    pub(crate) fn placeholders(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Value(name) | Piece::Optional(name) | Piece::Rest(name) => Some(self.text(name)),
            Piece::Literal(_) | Piece::EndOfSegment(_) => None,
        })
    }
}

impl fmt::Debug for PathTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PathTemplate({})", self.text)
    }
}

/// A path below a prefix, with exactly one slash between them; neither loses a segment.
///
/// `join("/api/", "/v1")` is `/api/v1`; an empty prefix and `/` leave the path as it is.
pub(crate) fn join(prefix: &str, path: &str) -> String {
    let mut joined = String::with_capacity(prefix.len() + path.len() + 2);
    push_prefix(&mut joined, prefix);
    if !path.starts_with('/') {
        joined.push('/');
    }
    joined.push_str(path);
    joined
}

/// Writes a prefix as `/a/b`: with a leading slash, without a trailing one.
fn push_prefix(out: &mut String, prefix: &str) {
    let prefix = prefix.trim_matches('/');
    if !prefix.is_empty() {
        out.push('/');
        out.push_str(prefix);
    }
}

/// Whether a segment means "here" or "one up" to a server or to a URL parser, which reads `%2e` as a dot.
pub(crate) fn is_dot_segment(segment: &str) -> bool {
    let Some(rest) = strip_dot(segment) else {
        return false;
    };
    rest.is_empty() || strip_dot(rest) == Some("")
}

fn strip_dot(text: &str) -> Option<&str> {
    [".", "%2e", "%2E"].iter().find_map(|dot| text.strip_prefix(dot))
}

struct Parser<'t> {
    text: &'t str,
    pieces: Vec<Piece>,
    /// Where the literal that is being read began.
    literal: usize,
}

impl Parser<'_> {
    fn path(&mut self) -> Result<(), String> {
        if !self.text.starts_with('/') {
            return Err("a path starts with `/`".into());
        }
        let mut start = 1;
        loop {
            let end = self.text[start..].find('/').map(|length| start + length);
            self.segment(start, end.unwrap_or(self.text.len()), end.is_none())?;
            let Some(slash) = end else {
                break;
            };
            start = slash + 1;
        }
        self.end_literal(self.text.len());
        Ok(())
    }

    fn segment(&mut self, start: usize, end: usize, last: bool) -> Result<(), String> {
        let segment = &self.text[start..end];
        if segment.is_empty() && !last {
            return Err("an empty segment (`//`)".into());
        }
        if is_dot_segment(segment) {
            return Err(format!(
                "the segment `{segment}` would change which path is reached"
            ));
        }
        if let Some(name) = whole(segment, '?') {
            return self.optional(start, end, name);
        }
        if let Some(name) = whole(segment, '*') {
            return self.rest(start, end, name, last);
        }
        self.mixed(start, end)
    }

    fn optional(&mut self, start: usize, end: usize, name: &str) -> Result<(), String> {
        self.check_name(name)?;
        self.end_literal(start - 1);
        self.pieces
            .push(Piece::Optional(start + 1..start + 1 + name.len()));
        self.literal = end;
        Ok(())
    }

    fn rest(&mut self, start: usize, end: usize, name: &str, last: bool) -> Result<(), String> {
        self.check_name(name)?;
        if !last {
            return Err(format!(
                "`{{{name}*}}` takes the rest of the path, so it comes last"
            ));
        }
        self.end_literal(start);
        self.pieces.push(Piece::Rest(start + 1..start + 1 + name.len()));
        self.literal = end;
        Ok(())
    }

    /// A segment of literals and any number of `{name}`.
    fn mixed(&mut self, start: usize, end: usize) -> Result<(), String> {
        let mut at = start;
        let mut last = None;
        while let Some(open) = self.text[at..end].find(['{', '}']).map(|length| at + length) {
            let close = self.text[open..end].find('}').map(|length| open + length);
            let Some(close) = close.filter(|close| *close > open) else {
                return Err("unbalanced braces; a placeholder is `{name}`".into());
            };
            check_literal(&self.text[at..open])?;
            self.value(open, close)?;
            last = Some(open + 1..close);
            at = close + 1;
        }
        check_literal(&self.text[at..end])?;
        if let Some(name) = last {
            self.end_literal(end);
            self.pieces.push(Piece::EndOfSegment(name));
        }
        Ok(())
    }

    fn value(&mut self, open: usize, close: usize) -> Result<(), String> {
        let name = &self.text[open + 1..close];
        if name.ends_with(['?', '*']) {
            return Err(format!("`{{{name}}}` has to be a whole segment"));
        }
        self.check_name(name)?;
        self.end_literal(open);
        self.pieces.push(Piece::Value(open + 1..close));
        self.literal = close + 1;
        Ok(())
    }

    fn end_literal(&mut self, end: usize) {
        if self.literal < end {
            self.pieces.push(Piece::Literal(self.literal..end));
        }
        self.literal = end;
    }

    fn check_name(&self, name: &str) -> Result<(), String> {
        if name.is_empty() {
            return Err("an empty placeholder; write the name of an argument: `{name}`".into());
        }
        let starts_well = name.starts_with(|first: char| first == '_' || first.is_alphabetic());
        if name == "_" || !starts_well || !name.chars().all(|c| c == '_' || c.is_alphanumeric()) {
            return Err(format!(
                "`{{{name}}}` is not a placeholder; a name has letters, digits and `_`, and starts with no digit"
            ));
        }
        let twice = self.pieces.iter().any(|piece| match piece {
            Piece::Value(other) | Piece::Optional(other) | Piece::Rest(other) => {
                &self.text[other.clone()] == name
            }
            Piece::Literal(_) | Piece::EndOfSegment(_) => false,
        });
        if twice {
            return Err(format!("the placeholder `{{{name}}}` stands twice"));
        }
        Ok(())
    }
}

/// The name in a segment that is `{name?}` or `{name*}` and nothing else.
fn whole(segment: &str, mark: char) -> Option<&str> {
    let name = segment.strip_prefix('{')?.strip_suffix('}')?.strip_suffix(mark)?;
    (!name.contains(['{', '}'])).then_some(name)
}

/// Refuses what RFC 3986 (section 3.3) does not allow in a segment.
fn check_literal(literal: &str) -> Result<(), String> {
    for (at, c) in literal.char_indices() {
        let allowed = match c {
            '%' => is_escape(&literal.as_bytes()[at..]),
            c => c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@".contains(c),
        };
        if !allowed {
            return Err(refusal(c));
        }
    }
    Ok(())
}

fn is_escape(text: &[u8]) -> bool {
    matches!(text, [b'%', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit())
}

fn refusal(c: char) -> String {
    match c {
        '?' => "`?` cannot stand in a path; query parameters are arguments".into(),
        '#' => "`#` cannot stand in a path; a fragment is never sent".into(),
        '%' => "`%` is followed by two hexadecimal digits; a percent sign itself is `%25`".into(),
        c => {
            let mut bytes = [0; 4];
            let escaped = percent_encoding::percent_encode(
                c.encode_utf8(&mut bytes).as_bytes(),
                percent_encoding::NON_ALPHANUMERIC,
            );
            format!("{c:?} cannot stand in a path as it is; write `{escaped}`")
        }
    }
}

#[cfg(test)]
mod tests;
