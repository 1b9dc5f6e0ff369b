//! Compressed replies, where a feature asks for them; without one a reply's body is hyper's own.

use http::Request;
use hyper::body::Incoming;
use hyper_util::client::legacy;

use super::Pool;
use crate::Body;

#[cfg(not(any(feature = "gzip", feature = "brotli", feature = "zstd")))]
mod coding {
    use super::{Body, Incoming, Pool, Request, legacy};

    pub(crate) type ReplyBody = Incoming;
    pub(crate) type Pending = legacy::ResponseFuture;

    pub(crate) fn send(pool: &Pool, request: Request<Body>) -> Pending {
        pool.request(request)
    }

    pub(crate) fn body(body: Incoming) -> ReplyBody {
        body
    }
}

#[cfg(any(feature = "gzip", feature = "brotli", feature = "zstd"))]
mod coding {
    use tower_http::decompression::{Decompression, DecompressionBody, ResponseFuture};
    use tower_service::Service;

    use super::{Body, Incoming, Pool, Request, legacy};

    /// A decoder has a window of its own; without a box every reply would have room for it.
    pub(crate) type ReplyBody = Box<DecompressionBody<Incoming>>;
    pub(crate) type Pending = ResponseFuture<legacy::ResponseFuture>;

    /// Asks for the codings that are compiled in, unless the request says itself which it takes.
    pub(crate) fn send(pool: &Pool, request: Request<Body>) -> Pending {
        Decompression::new(pool).call(request)
    }

    pub(crate) fn body(body: DecompressionBody<Incoming>) -> ReplyBody {
        Box::new(body)
    }
}

pub(crate) use coding::{Pending, ReplyBody};
pub(super) use coding::{body, send};
