//! What may be a body as it is: whatever becomes a [`Body`].

use crate::Body;

/// A body parameter: bytes, text, or a stream.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a body as it is",
    label = "this type does not become a `trunkline::Body`",
    note = "`String`, `&'static str`, `Vec<u8>`, `Bytes` and `Body` do; a stream is one by `Body::stream(stream)`, and what \
            implements `Serialize` is sent by `#[json]` or `#[form]`"
)]
pub trait BodyArgument {
    #[doc(hidden)]
    fn into_body(self) -> Body;
}

#[diagnostic::do_not_recommend]
impl<T: Into<Body>> BodyArgument for T {
    fn into_body(self) -> Body {
        self.into()
    }
}
