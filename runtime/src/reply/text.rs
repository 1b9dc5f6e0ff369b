//! A reply as text.

use std::fmt;
use std::ops::Deref;

use super::decode::Origin;
use super::{FromReply, Reply, charset, decode};
use crate::{Body, Error};

/// The body of a reply as text, by its charset: a byte order mark wins over the content type, and UTF-8 is the default.
///
/// ```
/// use trunkline::Text;
///
/// let text = Text::from("pong");
/// assert_eq!(text.len(), 4);
/// assert_eq!(text.into_string(), "pong");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Text(String);

impl Text {
    /// The text as a string of its own.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.0
    }
}

impl FromReply for Text {
    fn from_reply(reply: Reply<Body>) -> Result<Self, Error> {
        Self::with_head(reply).map(Reply::into_inner)
    }

    fn with_head(mut reply: Reply<Body>) -> Result<Reply<Self>, Error> {
        let body = decode::bytes(reply.take_body())?;
        let text = charset::text(&reply.headers, body.clone()).map_err(|fault| {
            let origin = Origin {
                status: reply.status,
                headers: &reply.headers,
                body: &body,
            };
            origin.error(&fault)
        })?;
        Ok(reply.with_value(Self(text)))
    }
}
