//! What may be a query parameter or a form: anything that serde can flatten to names and values.

use std::fmt;

use serde::Serialize;

use super::flat::{Flat, FlatError, Place, Scalars};
use super::percent::{self, QUERY};

/// A query parameter, or a form: anything that implements `Serialize` and is flat.
///
/// A scalar is `name=value`; a sequence repeats the name; a struct or a map spreads its fields, whose values are
/// scalars or sequences of them; `None` and `()` are left out.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a query parameter or a form",
    label = "this type does not implement `serde::Serialize`",
    note = "derive it: `#[derive(serde::Serialize)]`; a scalar, an `Option`, a sequence of scalars, and a struct or a map of those can be sent"
)]
pub trait QueryArgument {
    #[doc(hidden)]
    fn flatten(&self, to: Flat<'_>) -> Result<(), FlatError>;
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + ?Sized> QueryArgument for T {
    fn flatten(&self, to: Flat<'_>) -> Result<(), FlatError> {
        self.serialize(to)
    }
}

/// Writes `name=value` pairs behind what a buffer already has.
pub(super) struct Pairs<'a> {
    pub(super) out: &'a mut String,
    /// What goes before the next pair: `?` or nothing, then `&`.
    pub(super) separator: &'static str,
    /// The most bytes that the whole buffer may have.
    pub(super) limit: usize,
}

impl Pairs<'_> {
    pub(super) fn write(
        &mut self,
        name: &str,
        place: Place,
        value: &dyn QueryArgument,
    ) -> Result<(), FlatError> {
        value.flatten(Flat {
            out: self,
            name,
            place,
        })
    }
}

impl Scalars for Pairs<'_> {
    fn scalar(&mut self, name: &str, value: &dyn fmt::Display) -> Result<(), FlatError> {
        self.out.push_str(self.separator);
        self.separator = "&";
        percent::push(self.out, QUERY, self.limit, &name)?;
        self.out.push('=');
        percent::push(self.out, QUERY, self.limit, value)?;
        Ok(())
    }

    fn spreads(&self) -> bool {
        true
    }
}
