//! What an instance does with one exchange.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;

use super::{Recorded, Steps};

/// What an instance does with one exchange, from the connection to the end of the reply's body.
///
/// A mistake in a step, such as a status of 1000, fails the exchange with a message that names it.
///
/// ```
/// use std::time::Duration;
/// use trunkline::testing::Step;
///
/// // A head after 20 ms, two chunks half a second apart, then the connection breaks.
/// let step = Step::reply(200)
///     .header("content-type", "text/plain")
///     .after(Duration::from_millis(20))
///     .chunk("first")
///     .gap(Duration::from_millis(500))
///     .chunk("second")
///     .truncated();
/// ```
#[derive(Clone, Debug)]
pub struct Step {
    /// How long the connection takes, or its refusal.
    pub(super) connect: Duration,
    /// How long the head takes, or what is there instead of it.
    pub(super) after: Duration,
    pub(super) outcome: Outcome,
    pub(super) mistake: Option<String>,
}

#[derive(Clone)]
pub(super) enum Outcome {
    /// No connection, for this reason.
    Refused(&'static str),
    /// No connection, and no word of it.
    BlackHole,
    /// The request arrives and nothing follows.
    Hang,
    /// The request arrives and the connection is closed.
    Close,
    /// The request is turned away unread.
    Unprocessed,
    Reply(Reply),
    Answer(Arc<dyn Fn(&Recorded) -> Step + Send + Sync>),
}

#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) pieces: Vec<Piece>,
    pub(super) end: End,
}

#[derive(Clone, Debug)]
pub(super) enum Piece {
    Chunk(Bytes),
    Gap(Duration),
}

/// How a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Complete,
    Truncated,
    Reset,
    Stall,
}

impl Step {
    /// A reply of this status, without a body until one is added.
    pub fn reply(status: u16) -> Self {
        let code = StatusCode::from_u16(status);
        let step = Self::of(Outcome::Reply(Reply {
            status: code.as_ref().copied().unwrap_or_default(),
            headers: HeaderMap::new(),
            pieces: Vec::new(),
            end: End::Complete,
        }));
        match code {
            Ok(_) => step,
            Err(_) => step.mistaken(format!("the status {status} is not within 100 to 999")),
        }
    }

    /// A reply of this status with this value as `application/json`.
    pub fn json(status: u16, value: &(impl Serialize + ?Sized)) -> Self {
        let step = Self::reply(status).header(header::CONTENT_TYPE.as_str(), "application/json");
        match serde_json::to_vec(value) {
            Ok(json) => step.chunk(json),
            Err(error) => step.mistaken(format!("the body is no JSON: {error}")),
        }
    }

    /// A reply of this status with this text as `text/plain; charset=utf-8`.
    pub fn text(status: u16, text: impl Into<String>) -> Self {
        Self::reply(status)
            .header(header::CONTENT_TYPE.as_str(), "text/plain; charset=utf-8")
            .chunk(text.into())
    }

    /// The connection is refused: nothing arrives.
    pub fn refuse() -> Self {
        Self::of(Outcome::Refused("connection refused"))
    }

    /// The host's name has no address: nothing arrives.
    pub fn unresolvable() -> Self {
        Self::of(Outcome::Refused("the name has no address"))
    }

    /// The connection is never made and never refused: the connect timeout ends it.
    pub fn black_hole() -> Self {
        Self::of(Outcome::BlackHole)
    }

    /// The request arrives and is never answered.
    pub fn hang() -> Self {
        Self::of(Outcome::Hang)
    }

    /// The request arrives, and the connection is closed without an answer.
    pub fn close() -> Self {
        Self::of(Outcome::Close)
    }

    /// The server says that it did not act on the request, as `REFUSED_STREAM` of HTTP/2 does.
    pub fn unprocessed() -> Self {
        Self::of(Outcome::Unprocessed)
    }

    /// What the function makes of the request, which has then arrived: a refusal closes the connection, a black hole hangs.
    ///
    /// [`connect_after`](Self::connect_after) is this step's; what [`after`](Self::after) says, here and there, adds up.
    ///
    /// ```
    /// use trunkline::testing::Step;
    ///
    /// let step = Step::answer(|request| match request.header("x-tenant") {
    ///     Some(_) => Step::reply(204),
    ///     None => Step::reply(400),
    /// });
    /// ```
    pub fn answer(answer: impl Fn(&Recorded) -> Self + Send + Sync + 'static) -> Self {
        Self::of(Outcome::Answer(Arc::new(answer)))
    }

    /// These steps over and over, where a plain list repeats its last.
    ///
    /// ```
    /// use trunkline::testing::{Script, Step};
    ///
    /// let every_other = Step::cycle([Step::reply(500), Step::reply(200)]);
    /// let script = Script::new().instance("http://a:1", every_other);
    /// ```
    pub fn cycle(steps: impl IntoIterator<Item = Self>) -> Steps {
        Steps::new(steps, true)
    }

    /// How long connecting takes, whether it succeeds or is refused; no time unless set.
    pub fn connect_after(mut self, delay: Duration) -> Self {
        self.connect = delay;
        self
    }

    /// How long the head takes once the request has arrived; no time unless set.
    ///
    /// Of a connection that is refused, how long that takes more than [`connect_after`](Self::connect_after) says.
    pub fn after(mut self, delay: Duration) -> Self {
        self.after = delay;
        self
    }

    /// One more header of the reply.
    pub fn header(self, name: &str, value: &str) -> Self {
        match (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            (Ok(name), Ok(value)) => self.change(|reply| {
                reply.headers.append(name, value);
            }),
            (Err(_), _) => self.mistaken(format!("`{name}` is not a header name")),
            (_, Err(_)) => self.mistaken(format!("the value of `{name}` is not a header value")),
        }
    }

    /// The body, whole, in place of what it was.
    pub fn body(self, body: impl Into<Bytes>) -> Self {
        self.change(|reply| reply.pieces = vec![Piece::Chunk(body.into())])
    }

    /// One more chunk of the body.
    pub fn chunk(self, chunk: impl Into<Bytes>) -> Self {
        self.change(|reply| reply.pieces.push(Piece::Chunk(chunk.into())))
    }

    /// A pause before what comes next: a chunk, or the end of the body.
    pub fn gap(self, pause: Duration) -> Self {
        self.change(|reply| reply.pieces.push(Piece::Gap(pause)))
    }

    /// These chunks, with a pause before each.
    pub fn chunks<B: Into<Bytes>>(self, gap: Duration, chunks: impl IntoIterator<Item = B>) -> Self {
        chunks
            .into_iter()
            .fold(self, |step, chunk| step.gap(gap).chunk(chunk))
    }

    /// The body ends before it is complete.
    pub fn truncated(self) -> Self {
        self.change(|reply| reply.end = End::Truncated)
    }

    /// The connection is reset at the end of what there is of the body.
    pub fn reset(self) -> Self {
        self.change(|reply| reply.end = End::Reset)
    }

    /// Nothing follows what there is of the body, not even its end.
    pub fn stalls(self) -> Self {
        self.change(|reply| reply.end = End::Stall)
    }

    fn of(outcome: Outcome) -> Self {
        Self {
            connect: Duration::ZERO,
            after: Duration::ZERO,
            outcome,
            mistake: None,
        }
    }

    fn change(mut self, change: impl FnOnce(&mut Reply)) -> Self {
        let Outcome::Reply(reply) = &mut self.outcome else {
            return self.mistaken("a step without a reply has no headers and no body".into());
        };
        change(reply);
        self
    }

    /// The first mistake is the one that is told.
    pub(super) fn mistaken(mut self, mistake: String) -> Self {
        self.mistake.get_or_insert(mistake);
        self
    }
}

impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(reason) => f.write_str(reason),
            Self::BlackHole => f.write_str("black hole"),
            Self::Hang => f.write_str("hang"),
            Self::Close => f.write_str("close"),
            Self::Unprocessed => f.write_str("unprocessed"),
            Self::Reply(reply) => reply.fmt(f),
            Self::Answer(_) => f.write_str("answer"),
        }
    }
}
