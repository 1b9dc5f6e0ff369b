//! The comma-separated arguments of an attribute, before anyone asks what they mean.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Lit, Token, token};

use crate::errors::Errors;
use crate::spanned::Spanned;
use crate::suggest;
use crate::symbol::{NAME, Symbol};

/// The arguments of one attribute.
pub(crate) struct Arguments {
    /// The attribute as an error names it: `#[retry]`.
    pub(crate) of: String,
    /// Where to point when an argument is missing.
    pub(crate) span: Span,
    pub(crate) list: Vec<Argument>,
}

/// One argument.
pub(crate) struct Argument {
    pub(crate) key: Key,
    pub(crate) form: Form,
}

/// What an argument starts with.
pub(crate) enum Key {
    Word(Ident),
    Literal(Lit),
}

/// What follows.
pub(crate) enum Form {
    /// Nothing.
    Alone,
    /// `= value`
    Value(Value),
    /// `(…)`
    List(TokenStream),
}

/// What stands behind `=`, or in brackets.
pub(crate) enum Value {
    Literal(Lit),
    Brackets(Vec<Value>, Span),
    Path(syn::Path),
    Other(TokenStream),
}

impl Arguments {
    /// Takes the string that comes first, where there is one. Without it, which the caller reports, no literal is left to be
    /// reported once more, nor `name = "…"`.
    pub(crate) fn take_text(&mut self) -> Option<Spanned<String>> {
        if let Some(Argument {
            key: Key::Literal(Lit::Str(text)),
            form: Form::Alone,
        }) = self.list.first()
        {
            let text = Spanned::new(text.value(), text.span());
            self.list.remove(0);
            return Some(text);
        }
        self.list
            .retain(|argument| matches!(&argument.key, Key::Word(word) if NAME != *word));
        None
    }

    /// Where the first argument begins, or would.
    pub(crate) fn first_span(&self) -> Span {
        match self.list.first().map(|argument| &argument.key) {
            Some(Key::Word(word)) => word.span(),
            Some(Key::Literal(literal)) => literal.span(),
            None => self.span,
        }
    }

    /// Cuts at the commas; a part that is no argument is an error, and the others stay.
    pub(crate) fn parse(tokens: TokenStream, of: String, span: Span, errors: &mut Errors) -> Self {
        let mut list = Vec::new();
        for part in split(tokens) {
            match syn::parse2::<Argument>(part.clone()) {
                Ok(argument) => list.push(argument),
                Err(_) => errors.push(
                    &part,
                    format!("malformed argument of `{of}`; expected `name`, `name = value`, `name(…)` or a literal"),
                ),
            }
        }
        Self { of, span, list }
    }

    /// The arguments with a name among `known`, each at most once unless it is `repeatable`.
    pub(crate) fn named(
        self,
        known: &[Symbol],
        repeatable: &[Symbol],
        errors: &mut Errors,
    ) -> Vec<(Symbol, Ident, Form)> {
        let mut named: Vec<(Symbol, Ident, Form)> = Vec::new();
        for Argument { key, form } in self.list {
            let word = match key {
                Key::Word(word) => word,
                Key::Literal(literal) => {
                    let expected = suggest::expected(known);
                    errors.push(
                        &literal,
                        format!("unexpected literal in `{}`; {expected}", self.of),
                    );
                    continue;
                }
            };
            let Some(symbol) = Symbol::find(&word, known) else {
                errors.push(&word, unknown(&word, &self.of, known));
                continue;
            };
            let is_repeated = named.iter().any(|(earlier, _, _)| *earlier == symbol);
            if is_repeated && !repeatable.contains(&symbol) {
                errors.push(
                    &word,
                    format!("duplicate argument `{symbol}` of `{}`; it is given once", self.of),
                );
                continue;
            }
            named.push((symbol, word, form));
        }
        named
    }
}

fn unknown(word: &Ident, of: &str, known: &[Symbol]) -> String {
    let expected = suggest::expected(known);
    let help = suggest::help("an argument", &word.to_string(), known);
    format!("unknown argument `{word}` of `{of}`; {expected}{help}")
}

/// The parts between commas; a comma at the end is allowed.
fn split(tokens: TokenStream) -> Vec<TokenStream> {
    let mut parts = Vec::new();
    let mut part = Vec::new();
    for token in tokens {
        match &token {
            TokenTree::Punct(punct) if punct.as_char() == ',' => {
                // An empty part keeps its comma, to have a place.
                if part.is_empty() {
                    part.push(token);
                }
                parts.push(part.drain(..).collect());
            }
            TokenTree::Group(_) | TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => {
                part.push(token);
            }
        }
    }
    if !part.is_empty() {
        parts.push(part.into_iter().collect());
    }
    parts
}

impl Argument {
    /// The argument as a value, as in `#[none_on(404)]`.
    pub(crate) fn into_value(self) -> Value {
        match (self.key, self.form) {
            (Key::Literal(literal), Form::Alone) => Value::Literal(literal),
            (key, Form::Alone | Form::Value(_) | Form::List(_)) => Value::Other(key.to_token_stream()),
        }
    }
}

impl Parse for Argument {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let key = if input.peek(Lit) {
            Key::Literal(input.parse()?)
        } else {
            Key::Word(input.call(Ident::parse_any)?)
        };
        let form = if input.is_empty() {
            Form::Alone
        } else if input.peek(token::Paren) {
            let content;
            syn::parenthesized!(content in input);
            Form::List(content.parse()?)
        } else {
            input.parse::<Token![=]>()?;
            Form::Value(input.parse()?)
        };
        Ok(Self { key, form })
    }
}

impl Parse for Value {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        if input.is_empty() {
            return Err(input.error("expected a value"));
        }
        let ahead = input.fork();
        if ahead.parse::<Lit>().is_ok() && ahead.is_empty() {
            return Ok(Self::Literal(input.parse()?));
        }
        if input.peek(token::Bracket) {
            let content;
            let brackets = syn::bracketed!(content in input);
            let values = content.parse_terminated(Self::parse_element, Token![,])?;
            return Ok(Self::Brackets(values.into_iter().collect(), brackets.span.join()));
        }
        let ahead = input.fork();
        if ahead.call(syn::Path::parse_mod_style).is_ok() && ahead.is_empty() {
            return Ok(Self::Path(input.call(syn::Path::parse_mod_style)?));
        }
        Ok(Self::Other(input.parse()?))
    }
}

impl Value {
    /// A literal, or any one token.
    fn parse_element(input: ParseStream) -> syn::Result<Self> {
        if input.peek(Lit) {
            return Ok(Self::Literal(input.parse()?));
        }
        Ok(Self::Other(input.parse::<TokenTree>()?.into()))
    }
}

impl ToTokens for Value {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Literal(literal) => literal.to_tokens(tokens),
            Self::Brackets(_, span) => placeholder_at(*span).to_tokens(tokens),
            Self::Path(path) => path.to_tokens(tokens),
            Self::Other(other) => other.to_tokens(tokens),
        }
    }
}

/// A token of no meaning that carries a place.
fn placeholder_at(span: Span) -> TokenTree {
    TokenTree::Ident(Ident::new("_", span))
}

impl ToTokens for Key {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Word(word) => word.to_tokens(tokens),
            Self::Literal(literal) => literal.to_tokens(tokens),
        }
    }
}
