//! What an error says on one line, and how much of a body it shows.

use std::fmt;

use super::Error;

/// The most characters of a body that a message shows.
const EXCERPT: usize = 300;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = &self.0.place;
        match (self.service(), self.endpoint()) {
            (Some(service), Some(endpoint)) => write!(f, "{service}.{endpoint}: ")?,
            (Some(service), None) => write!(f, "{service}: ")?,
            (None, _) => {}
        }
        f.write_str(&self.0.message)?;
        let mut words = Words { f, any: false };
        // Both are as the publisher wrote them, and may be what is wrong.
        let shown = |text: &str| excerpt(text.as_bytes());
        match (self.event_name().map(shown), self.event_id().map(shown)) {
            (Some(name), Some(id)) => words.add(format_args!("event {name} {id}"))?,
            (Some(one), None) | (None, Some(one)) => words.add(format_args!("event {one}"))?,
            (None, None) => {}
        }
        if place.attempts > 0 {
            let plural = if place.attempts == 1 { "" } else { "s" };
            let (attempts, elapsed) = (place.attempts, place.elapsed);
            words.add(format_args!("{attempts} attempt{plural} in {elapsed:.1?}"))?;
            if let Some(instance) = self.instance() {
                words.add(format_args!("last to {instance}"))?;
            }
        }
        if let Some(trace_id) = self.trace_id() {
            words.add(format_args!("trace {trace_id}"))?;
        }
        words.end()
    }
}

/// Words in parentheses after a message, where there are any.
struct Words<'a, 'f> {
    f: &'a mut fmt::Formatter<'f>,
    any: bool,
}

impl Words<'_, '_> {
    fn add(&mut self, words: fmt::Arguments<'_>) -> fmt::Result {
        self.f.write_str(if self.any { ", " } else { " (" })?;
        self.any = true;
        self.f.write_fmt(words)
    }

    fn end(self) -> fmt::Result {
        if self.any { self.f.write_str(")") } else { Ok(()) }
    }
}

/// The beginning of a body as one line of text, for a message.
pub(crate) fn excerpt(body: &[u8]) -> String {
    let head = &body[..body.len().min(4 * EXCERPT)];
    let text = String::from_utf8_lossy(head);
    let mut line: String = text
        .chars()
        .take(EXCERPT)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if text.chars().count() > EXCERPT || body.len() > head.len() {
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn names_the_event_on_one_line_whatever_its_name() {
        let error = || Error::new(ErrorKind::Publish, "refused");
        let check = |error: Error, expected: &str| assert_eq!(error.to_string(), expected);
        check(error(), "refused");
        check(error().with_event_id("7"), "refused (event 7)");
        check(
            error().of_event("paid", "7", "a"),
            "refused (event paid 7, trace a)",
        );
        check(error().with_event_name("a\nb"), "refused (event a b)");
        let long = error().of_event(&"x".repeat(1 << 20), &"y".repeat(1 << 20), "a");
        assert!(long.to_string().len() < 700);
    }

    #[test]
    fn an_excerpt_is_bounded_and_one_line() {
        assert_eq!(excerpt(b"a\r\nb"), "a  b");
        assert_eq!(excerpt(&[b'x'; 10_000]).chars().count(), EXCERPT + 1);
        assert_eq!(excerpt(&[0xff, b'a']), "\u{fffd}a");
    }
}
