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
use crate::endpoint::{PathTemplate, Piece, is_dot_segment};
use crate::{Error, ErrorKind};

/// The most bytes of a path and query; a URI of the `http` crate has at most 65 534, the rest is for the address.
pub(super) const LIMIT: usize = 65_000;

/// A path and query under construction; the first thing that goes wrong is kept until [`finish`](Self::finish).
#[derive(Debug)]
pub(crate) struct Target {
    template: Arc<PathTemplate>,
    writer: Writer,
    error: Option<Error>,
}

impl Target {
    /// Begins a target, up to the first placeholder.
    pub(crate) fn start(template: Arc<PathTemplate>) -> Self {
        let mut writer = Writer {
            // Room for a short value or two and a short query: most targets never grow.
            buffer: String::with_capacity(template.as_str().len() + 64),
            next: 0,
            separator: "?",
        };
        let error = writer.literals(&template).err();
        Self {
            template,
            writer,
            error,
        }
    }

    /// Fills the next placeholder.
    pub(crate) fn path(&mut self, value: &dyn PathValue) {
        self.attempt(|writer, template| writer.fill(template, Some(value)));
    }

    /// Fills the next placeholder, or drops it with its slash.
    pub(crate) fn optional(&mut self, value: &dyn OptionalPathValue) {
        self.attempt(|writer, template| writer.fill(template, value.value()));
    }

    /// Adds a query parameter, when the path is complete.
    pub(crate) fn query(&mut self, name: &str, value: &dyn QueryArgument) {
        self.attempt(|writer, template| {
            writer.complete(template)?;
            writer.query(name, value)
        });
    }

    /// Adds query parameters that are already encoded: `a=1&b=2`.
    pub(crate) fn encoded_query(&mut self, query: &str) {
        self.attempt(|writer, template| {
            writer.complete(template)?;
            if !query.is_empty() {
                writer.buffer.push_str(writer.separator);
                writer.buffer.push_str(query);
                writer.separator = "&";
            }
            Ok(())
        });
    }

    /// The path and query as they go on the wire.
    ///
    /// # Errors
    /// `Request`, naming the first parameter that could not be sent.
    pub(crate) fn finish(mut self) -> Result<String, Error> {
        self.attempt(Writer::complete);
        let buffer = self.writer.buffer;
        match self.error {
            Some(error) => Err(error),
            None if buffer.len() > LIMIT => Err(Error::new(
                ErrorKind::Request,
                format!("path and query: {}", Fault::TooLong(LIMIT)),
            )),
            None => Ok(buffer),
        }
    }

    fn attempt(&mut self, step: impl FnOnce(&mut Writer, &PathTemplate) -> Result<(), Error>) {
        if self.error.is_none() {
            self.error = step(&mut self.writer, &self.template).err();
        }
    }
}

/// The one buffer, and how far it is written.
#[derive(Debug)]
struct Writer {
    buffer: String,
    /// The first piece of the template that is not written yet.
    next: usize,
    /// What goes before the next query parameter.
    separator: &'static str,
}

impl Writer {
    fn query(&mut self, name: &str, value: &dyn QueryArgument) -> Result<(), Error> {
        let mut pairs = Pairs {
            out: &mut self.buffer,
            separator: self.separator,
            limit: LIMIT,
        };
        let written = pairs.write(name, Place::Argument, value);
        self.separator = pairs.separator;
        written.map_err(|fault| refuse("query parameter", name, fault))
    }

    fn fill(&mut self, template: &PathTemplate, value: Option<&dyn PathValue>) -> Result<(), Error> {
        let Some(piece) = template.pieces().get(self.next) else {
            let fault = "there is no placeholder for one more value";
            return Err(refuse("path template", template.as_str(), fault));
        };
        self.next += 1;
        match (piece, value) {
            (Piece::Value(name), Some(value)) => self.value(template.text(name), SEGMENT, value)?,
            (Piece::Rest(name), Some(value)) => self.rest(template.text(name), value)?,
            (Piece::Optional(name), Some(value)) => {
                self.buffer.push('/');
                self.value(template.text(name), SEGMENT, value)?;
                self.check_last_segment(template.text(name))?;
            }
            (Piece::Value(name) | Piece::Rest(name), None) => return Err(missing(template.text(name))),
            (Piece::Optional(_), None) | (Piece::Literal(_) | Piece::EndOfSegment(_), _) => {}
        }
        self.literals(template)
    }

    /// Writes literals up to the next placeholder, and judges the segments that they complete.
    fn literals(&mut self, template: &PathTemplate) -> Result<(), Error> {
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

    fn value(&mut self, name: &str, set: &'static AsciiSet, value: &dyn PathValue) -> Result<(), Error> {
        percent::push(&mut self.buffer, set, LIMIT, &Shown(value))
            .map_err(|fault| refuse("path parameter", name, fault))
    }

    fn rest(&mut self, name: &str, value: &dyn PathValue) -> Result<(), Error> {
        let start = self.buffer.len();
        self.value(name, SEGMENTS, value)?;
        self.buffer[start..]
            .split('/')
            .try_for_each(|segment| check_segment(name, segment))
    }

    fn check_last_segment(&self, name: &str) -> Result<(), Error> {
        let start = self.buffer.rfind('/').map_or(0, |slash| slash + 1);
        check_segment(name, &self.buffer[start..])
    }

    /// Ends the path, before its query; what may be left out and was not given is left out.
    fn complete(&mut self, template: &PathTemplate) -> Result<(), Error> {
        while self.next < template.pieces().len() {
            self.fill(template, None)?;
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
