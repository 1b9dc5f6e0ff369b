//! The path and query of a request, written into one buffer.
//!
//! Invariant: a finished target has every segment of its template, none of which is empty, `.` or `..`.

use std::sync::Arc;

use percent_encoding::AsciiSet;

use super::flat::Place;
use super::path::{OptionalPathValue, PathValue, Shown};
use super::percent::{self, Fault, SEGMENT, SEGMENTS};
use super::query::{Pairs, QueryArgument};
use super::refuse;
use crate::endpoint::{PathTemplate, Piece, is_dot_segment, push_prefix};
use crate::{Error, ErrorKind};

/// The most bytes of a path and query; a URI of the `http` crate has at most 65 534, the rest is for the address.
pub(super) const LIMIT: usize = 65_000;

/// A path and query under construction; the first thing that goes wrong is kept until [`finish`](Self::finish).
#[derive(Debug)]
pub(crate) struct Target {
    template: Arc<PathTemplate>,
    buffer: String,
    /// The first piece of the template that is not written yet.
    next: usize,
    /// What goes before the next query parameter.
    separator: &'static str,
    error: Option<Error>,
}

impl Target {
    /// Begins a target below a prefix (empty for none), up to the first placeholder.
    pub(crate) fn start(template: Arc<PathTemplate>, prefix: &str) -> Self {
        // Room for a short value or two and a short query: most targets never grow.
        let mut buffer = String::with_capacity(prefix.len() + template.as_str().len() + 64);
        push_prefix(&mut buffer, prefix);
        let mut target = Self {
            template,
            buffer,
            next: 0,
            separator: "?",
            error: None,
        };
        target.attempt(Self::literals);
        target
    }

    /// Fills the next placeholder.
    pub(crate) fn path(&mut self, value: &dyn PathValue) {
        self.attempt(|target| target.fill(Some(value)));
    }

    /// Fills the next placeholder, or drops it with its slash.
    pub(crate) fn optional(&mut self, value: &dyn OptionalPathValue) {
        self.attempt(|target| target.fill(value.value()));
    }

    /// Adds a query parameter, when the path is complete.
    pub(crate) fn query(&mut self, name: &str, value: &dyn QueryArgument) {
        self.attempt(|target| {
            target.complete()?;
            let mut pairs = Pairs {
                out: &mut target.buffer,
                separator: target.separator,
                limit: LIMIT,
            };
            let written = pairs.write(name, Place::Argument, value);
            target.separator = pairs.separator;
            written.map_err(|fault| refuse("query parameter", name, fault))
        });
    }

    /// Adds query parameters that are already encoded: `a=1&b=2`.
    pub(super) fn encoded_query(&mut self, query: &str) {
        self.attempt(|target| {
            target.complete()?;
            if !query.is_empty() {
                target.buffer.push_str(target.separator);
                target.buffer.push_str(query);
                target.separator = "&";
            }
            Ok(())
        });
    }

    /// The path and query as they go on the wire.
    ///
    /// # Errors
    /// `Request`, naming the first parameter that could not be sent.
    pub(crate) fn finish(mut self) -> Result<String, Error> {
        self.attempt(Self::complete);
        match self.error {
            Some(error) => Err(error),
            None if self.buffer.len() > LIMIT => Err(Error::new(
                ErrorKind::Request,
                format!("path and query: {}", Fault::TooLong(LIMIT)),
            )),
            None => Ok(self.buffer),
        }
    }

    fn attempt(&mut self, step: impl FnOnce(&mut Self) -> Result<(), Error>) {
        if self.error.is_none() {
            self.error = step(self).err();
        }
    }

    fn fill(&mut self, value: Option<&dyn PathValue>) -> Result<(), Error> {
        let template = Arc::clone(&self.template);
        let Some(piece) = template.pieces().get(self.next) else {
            let fault = "there is no placeholder for one more value";
            return Err(refuse("path template", template.as_str(), fault));
        };
        self.next += 1;
        match (piece, value) {
            (Piece::Value(name), Some(value)) => self.write(template.text(name), SEGMENT, value)?,
            (Piece::Rest(name), Some(value)) => self.rest(template.text(name), value)?,
            (Piece::Optional(name), Some(value)) => {
                self.buffer.push('/');
                self.write(template.text(name), SEGMENT, value)?;
                self.check_last_segment(template.text(name))?;
            }
            (Piece::Optional(_), None) => {}
            (Piece::Value(name) | Piece::Rest(name), None) => return Err(missing(template.text(name))),
            (Piece::Literal(_) | Piece::EndOfSegment(_), _) => {}
        }
        self.literals()
    }

    /// Writes literals up to the next placeholder, and judges the segments that they complete.
    fn literals(&mut self) -> Result<(), Error> {
        let template = Arc::clone(&self.template);
        while let Some(piece) = template.pieces().get(self.next) {
            match piece {
                Piece::Literal(text) => self.buffer.push_str(template.text(text)),
                Piece::EndOfSegment(name) => self.check_last_segment(template.text(name))?,
                Piece::Value(_) | Piece::Optional(_) | Piece::Rest(_) => break,
            }
            self.next += 1;
        }
        Ok(())
    }

    fn write(&mut self, name: &str, set: &'static AsciiSet, value: &dyn PathValue) -> Result<(), Error> {
        percent::push(&mut self.buffer, set, LIMIT, &Shown(value))
            .map_err(|fault| refuse("path parameter", name, fault))
    }

    fn rest(&mut self, name: &str, value: &dyn PathValue) -> Result<(), Error> {
        let start = self.buffer.len();
        self.write(name, SEGMENTS, value)?;
        self.buffer[start..]
            .split('/')
            .try_for_each(|segment| check_segment(name, segment))
    }

    fn check_last_segment(&self, name: &str) -> Result<(), Error> {
        let start = self.buffer.rfind('/').map_or(0, |slash| slash + 1);
        check_segment(name, &self.buffer[start..])
    }

    /// Ends the path, before its query; what may be left out and was not given is left out.
    fn complete(&mut self) -> Result<(), Error> {
        while self.next < self.template.pieces().len() {
            self.fill(None)?;
        }
        if self.buffer.is_empty() {
            self.buffer.push('/');
        }
        Ok(())
    }
}

fn missing(name: &str) -> Error {
    refuse("path parameter", name, "no value was given")
}

fn check_segment(name: &str, segment: &str) -> Result<(), Error> {
    if segment.is_empty() {
        let fault = "an empty segment would change which path is reached";
        return Err(refuse("path parameter", name, fault));
    }
    if is_dot_segment(segment) {
        let fault = format_args!("the segment `{segment}` would change which path is reached");
        return Err(refuse("path parameter", name, fault));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
