//! Text that is cloned for the price of a counter: the names and ids of an event.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::io::Write;
use std::ops::Deref;
use std::sync::Arc;

/// A string of the program itself, or one that its clones share.
#[derive(Clone)]
pub(crate) enum Text {
    Static(&'static str),
    Shared(Arc<str>),
}

impl Text {
    /// A copy of text that is borrowed from elsewhere.
    pub(crate) fn copy(text: &str) -> Self {
        Self::Shared(text.into())
    }

    /// Short text put together: one allocation where it has at most 200 bytes.
    pub(crate) fn format(text: fmt::Arguments<'_>) -> Self {
        let mut short = [0; 200];
        let mut rest = &mut short[..];
        if rest.write_fmt(text).is_err() {
            return text.to_string().into();
        }
        let left = rest.len();
        let length = short.len() - left;
        let written = std::str::from_utf8(&short[..length]).expect("all of it was written");
        Self::copy(written)
    }

    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Static(text) => text,
            Self::Shared(text) => text,
        }
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl From<&'static str> for Text {
    fn from(text: &'static str) -> Self {
        Self::Static(text)
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::Shared(text.into())
    }
}

impl From<Arc<str>> for Text {
    fn from(text: Arc<str>) -> Self {
        Self::Shared(text)
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Text {}

impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}
