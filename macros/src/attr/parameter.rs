//! The attribute of an argument of a method: what becomes of its value.

use proc_macro2::Span;
use syn::Attribute;

use super::argument::{Argument, Arguments};
use super::{Foreign, arguments_of, header, value};
use crate::errors::Errors;
use crate::spanned::Spanned;
use crate::symbol::{BODY, CFG, CFG_ATTR, FIELD, FORM, HEADER, JSON, ON_PARAMETERS, PATH, QUERY, Symbol};

/// What an attribute says about its argument.
pub(crate) struct Binding {
    pub(crate) source: Source,
    /// The attribute's word.
    pub(crate) span: Span,
}

/// Where the argument goes; a name left out is the argument's own.
pub(crate) enum Source {
    Path(Option<Spanned<String>>),
    Query(Option<Spanned<String>>),
    Header(String),
    Json,
    Field(Option<Spanned<String>>),
    Form,
    Body,
    /// A mistake that has been reported.
    Unknown,
}

/// The attributes of an argument.
#[derive(Default)]
pub(crate) struct ParameterAttributes {
    pub(crate) binding: Option<Binding>,
    pub(crate) foreign: Foreign,
}

impl ParameterAttributes {
    pub(crate) fn from_syn(written: &[Attribute], errors: &mut Errors) -> Self {
        let mut read = Self::default();
        for attribute in written {
            let word = attribute.path().get_ident();
            match word.and_then(|word| Some((word, Symbol::find(word, ON_PARAMETERS)?))) {
                Some((word, _)) if read.binding.is_some() => {
                    errors.push(
                        word,
                        "an argument has one attribute that says where it goes, this one has two",
                    );
                }
                Some((word, symbol)) => {
                    let source = arguments_of(attribute, errors)
                        .and_then(|arguments| read_source(symbol, arguments, errors))
                        .unwrap_or(Source::Unknown);
                    read.binding = Some(Binding {
                        source,
                        span: word.span(),
                    });
                }
                None if word.is_some_and(|word| CFG == *word || CFG_ATTR == *word) => {
                    errors.push(
                        attribute.path(),
                        "an argument cannot be conditional; put the `#[cfg]` on the method",
                    );
                }
                None => {
                    read.foreign.keep(attribute, ON_PARAMETERS, errors);
                }
            }
        }
        read
    }
}

fn read_source(symbol: Symbol, arguments: Arguments, errors: &mut Errors) -> Option<Source> {
    match symbol {
        PATH => read_named(arguments, "\"id\"", Source::Path, errors),
        QUERY => read_named(arguments, "\"page_size\"", Source::Query, errors),
        FIELD => read_named(arguments, "\"message\"", Source::Field, errors),
        HEADER => header::read_name(arguments, errors).map(Source::Header),
        JSON => without_arguments(&arguments, errors).map(|()| Source::Json),
        FORM => without_arguments(&arguments, errors).map(|()| Source::Form),
        BODY => without_arguments(&arguments, errors).map(|()| Source::Body),
        _ => None,
    }
}

/// No argument, or one name.
fn read_named(
    arguments: Arguments,
    example: &str,
    source: fn(Option<Spanned<String>>) -> Source,
    errors: &mut Errors,
) -> Option<Source> {
    if arguments.list.is_empty() {
        return Some(source(None));
    }
    let name = value::only(arguments, value::text, example, errors)?;
    if name.value.is_empty() {
        errors.push_at(
            name.span,
            "a name is empty; leave it out to use the argument's own",
        );
        return None;
    }
    Some(source(Some(name)))
}

fn without_arguments(arguments: &Arguments, errors: &mut Errors) -> Option<()> {
    let Some(Argument { key, .. }) = arguments.list.first() else {
        return Some(());
    };
    errors.push(key, format!("`{}` takes no arguments", arguments.of));
    None
}
