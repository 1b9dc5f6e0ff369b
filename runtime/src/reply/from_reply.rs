//! Which types a method may return.

use http::StatusCode;
use serde::de::DeserializeOwned;

use super::{Reply, decode};
use crate::{Body, Error};

/// A type that a reply can be read as.
///
/// Implemented for every `DeserializeOwned` type (the JSON body; an empty body reads as `null`), [`Reply<T>`](Reply),
/// [`Page<T>`](crate::Page), [`Raw`](crate::Raw), [`Text`](crate::Text) and [`ByteStream`](crate::ByteStream). An enum with one variant
/// a status gets it by `#[derive(FromReply)]`.
///
/// ```
/// use trunkline::http::StatusCode;
/// use trunkline::{Body, Error, FromReply, Raw, Reply};
///
/// /// Whether something is there, whatever it is.
/// struct Exists(bool);
///
/// impl FromReply for Exists {
///     fn accepts(status: StatusCode) -> bool {
///         status.is_success() || status == StatusCode::NOT_FOUND
///     }
///
///     fn from_reply(reply: Reply<Body>) -> Result<Self, Error> {
///         Ok(Self(reply.status().is_success()))
///     }
/// }
///
/// assert!(Exists::accepts(StatusCode::NOT_FOUND));
/// assert!(!Raw::accepts(StatusCode::NOT_FOUND));
/// assert!(!Exists::from_reply(Reply::of(Body::empty()).with_status(404))?.0);
/// # Ok::<(), Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "a reply cannot be read as `{Self}`",
    label = "neither this type nor what is inside it is `serde::Deserialize` or a type of reply",
    note = "a method returns `Result<T>` whose `T` is one of: a type with `#[derive(serde::Deserialize)]` (the JSON body), \
            `Reply<T>`, `Page<T>`, `Raw`, `Text`, `ByteStream`, or an enum with `#[derive(trunkline::FromReply)]`",
    note = "a type that borrows from the reply cannot be returned: own its fields (`String`, not `&str`)"
)]
pub trait FromReply: Sized {
    /// Whether the body is handed over as it comes in, and not read first.
    #[doc(hidden)]
    const STREAMED: bool = false;

    /// Whether a reply of this status is a value; any other is `ErrorKind::Status`. 2xx unless said otherwise.
    fn accepts(status: StatusCode) -> bool {
        status.is_success()
    }

    /// Reads a reply whose status is accepted.
    ///
    /// # Errors
    /// `Decode` when the body is not what the type says.
    fn from_reply(reply: Reply<Body>) -> Result<Self, Error>;

    /// Reads a reply and keeps its status and headers.
    #[doc(hidden)]
    fn with_head(mut reply: Reply<Body>) -> Result<Reply<Self>, Error> {
        let body = Reply {
            status: reply.status,
            headers: reply.headers.clone(),
            instance: reply.instance.clone(),
            envelope: reply.envelope.clone(),
            value: reply.take_body(),
        };
        Ok(reply.with_value(Self::from_reply(body)?))
    }
}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned> FromReply for T {
    fn from_reply(reply: Reply<Body>) -> Result<Self, Error> {
        decode::reply(&reply)
    }

    fn with_head(reply: Reply<Body>) -> Result<Reply<Self>, Error> {
        let value = decode::reply(&reply)?;
        Ok(reply.with_value(value))
    }
}

impl<T: FromReply> FromReply for Reply<T> {
    const STREAMED: bool = T::STREAMED;

    fn accepts(status: StatusCode) -> bool {
        T::accepts(status)
    }

    fn from_reply(reply: Reply<Body>) -> Result<Self, Error> {
        T::with_head(reply)
    }
}
