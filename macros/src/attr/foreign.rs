//! Attributes that are not ours: where they go, and which of them were meant to be ours.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Meta};

use super::span_of;
use crate::errors::Errors;
use crate::suggest;
use crate::symbol::{ALLOW, CFG, CFG_ATTR, IN_SERVICE, OF_THE_LANGUAGE, ON_METHODS, ON_PARAMETERS, Symbol};

/// The attributes of other macros and of the language.
#[derive(Default)]
pub(crate) struct Foreign {
    /// All of them, for the trait.
    pub(crate) all: TokenStream,
    /// `cfg` and `allow`, for everything that the item becomes.
    pub(crate) carried: TokenStream,
    /// The predicates of its `cfg`s.
    pub(crate) conditions: Vec<TokenStream>,
}

impl Foreign {
    /// Keeps an attribute that is not among `ours`; whether it was not meant to be.
    pub(crate) fn keep(&mut self, attribute: &Attribute, ours: &[Symbol], errors: &mut Errors) -> bool {
        let mistake = match attribute.path().get_ident() {
            Some(word) if CFG_ATTR == *word => hidden_in_cfg_attr(attribute, ours),
            Some(word) if Symbol::find(word, OF_THE_LANGUAGE).is_none() => {
                misplaced_or_near(&word.to_string(), ours)
            }
            Some(_) => None,
            None => ours_by_path(attribute, ours),
        };
        let is_foreign = mistake.is_none();
        match mistake {
            Some(message) => errors.push_at(span_of(attribute), message),
            None => self.pass_on(attribute),
        }
        is_foreign
    }

    /// Keeps an attribute without a second look.
    pub(crate) fn pass_on(&mut self, attribute: &Attribute) {
        attribute.to_tokens(&mut self.all);
        let is = |symbol: Symbol| attribute.path().get_ident().is_some_and(|word| symbol == *word);
        if is(CFG) || is(ALLOW) {
            attribute.to_tokens(&mut self.carried);
        }
        if let (true, Meta::List(list)) = (is(CFG), &attribute.meta) {
            self.conditions.push(list.tokens.clone());
        }
    }
}

/// A word of ours behind a path, which is the path of no macro.
fn ours_by_path(attribute: &Attribute, ours: &[Symbol]) -> Option<String> {
    let word = &attribute.path().segments.last()?.ident;
    let symbol = Symbol::find(word, ours)?;
    Some(format!(
        "`{symbol}` is a word that `#[service]` reads, not a macro with a path; write `{symbol}` alone: `#[{symbol} …]`"
    ))
}

fn misplaced_or_near(word: &str, ours: &[Symbol]) -> Option<String> {
    if let Some(place) = place_of(word, ours) {
        return Some(format!("`#[{word}]` {place}"));
    }
    let near = suggest::nearest(word, ours)?;
    Some(format!(
        "unknown attribute `{word}`\nhelp: an attribute with a similar name exists: `{near}`"
    ))
}

/// Where a word of ours belongs that is not legal here.
pub(super) fn place_of(word: &str, ours: &[Symbol]) -> Option<String> {
    let has = |symbols: &[Symbol]| symbols.iter().any(|symbol| symbol.0 == word);
    if has(ours) {
        return None;
    }
    if has(ON_METHODS) {
        return Some("belongs on a method of the trait".to_owned());
    }
    if has(ON_PARAMETERS) {
        return Some("belongs on an argument of a method".to_owned());
    }
    has(IN_SERVICE).then(|| format!("belongs to the whole service: `#[service(\"…\", {word} …)]`"))
}

/// A word of ours in a `cfg_attr` would be read by nobody.
fn hidden_in_cfg_attr(attribute: &Attribute, ours: &[Symbol]) -> Option<String> {
    let Meta::List(list) = &attribute.meta else {
        return None;
    };
    let mut after_comma = false;
    for token in list.tokens.clone() {
        match token {
            TokenTree::Ident(word) if after_comma && Symbol::find(&word, ours).is_some() => {
                return Some(format!(
                    "`#[{word}]` inside `cfg_attr` is never read; write two methods, each with its own `#[cfg]`"
                ));
            }
            TokenTree::Punct(punct) => after_comma = punct.as_char() == ',',
            TokenTree::Ident(_) | TokenTree::Group(_) | TokenTree::Literal(_) => after_comma = false,
        }
    }
    None
}
