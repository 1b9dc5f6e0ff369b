//! `off`, which switches off what the service or the default has on.

use proc_macro2::Ident;

use super::argument::{Arguments, Form};
use crate::errors::Errors;
use crate::symbol::OFF;

/// `off` stands alone: without a value, and without other arguments.
pub(crate) fn check_alone(word: &Ident, form: &Form, count: usize, errors: &mut Errors) {
    match form {
        Form::Alone if count == 1 => {}
        Form::Alone => errors.push(
            word,
            "`off` stands alone; leave out the other arguments, or `off`",
        ),
        Form::Value(_) | Form::List(_) => errors.push(word, "`off` takes no value; write `off` alone"),
    }
}

/// The one argument of `#[breaker(off)]`.
pub(crate) fn require(arguments: Arguments, errors: &mut Errors) {
    let (of, span) = (arguments.of.clone(), arguments.span);
    if arguments.list.is_empty() {
        errors.push_at(span, format!("`{of}` needs an argument; expected `off`"));
        return;
    }
    let named = arguments.named(&[OFF], &[], errors);
    if let [(_, word, form), ..] = named.as_slice() {
        check_alone(word, form, named.len(), errors);
    }
}
