//! What may be a path parameter: anything with `Display`.

use std::fmt;

/// A value for `{id}` or `{rest*}`: anything that implements `Display`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a path parameter",
    label = "this type does not implement `Display`",
    note = "a path parameter is written by `std::fmt::Display`: implement it, or pass a `&str`, a `String` or a number",
    note = "an `Option` fits an optional placeholder only: `{{id?}}`"
)]
pub trait PathValue {
    #[doc(hidden)]
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

#[diagnostic::do_not_recommend]
impl<T: fmt::Display + ?Sized> PathValue for T {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fmt(f)
    }
}

/// A value for `{id?}`: an `Option` of anything that implements `Display`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the value of an optional placeholder",
    label = "this type is not an `Option` of something with `Display`",
    note = "`{{id?}}` takes an `Option<T>` whose `T` implements `std::fmt::Display`; a value that is always there is `{{id}}`"
)]
pub trait OptionalPathValue {
    #[doc(hidden)]
    fn value(&self) -> Option<&dyn PathValue>;
}

#[diagnostic::do_not_recommend]
impl<T: fmt::Display> OptionalPathValue for Option<T> {
    fn value(&self) -> Option<&dyn PathValue> {
        self.as_ref().map(|value| value as &dyn PathValue)
    }
}

#[diagnostic::do_not_recommend]
impl<T: OptionalPathValue + ?Sized> OptionalPathValue for &T {
    fn value(&self) -> Option<&dyn PathValue> {
        (**self).value()
    }
}

/// A path value where a `Display` is wanted.
pub(super) struct Shown<'a>(pub(super) &'a dyn PathValue);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.show(f)
    }
}
