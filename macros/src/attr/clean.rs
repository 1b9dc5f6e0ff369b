//! An item that could not be read, without our attributes.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use crate::symbol::{ON_METHODS, ON_PARAMETERS, Symbol};

/// Drops `#[get(…)]` and the like at any depth, so that the compiler does not report them once more.
pub(crate) fn clean(item: TokenStream) -> TokenStream {
    let mut cleaned = Vec::new();
    let mut tokens = item.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match (&token, tokens.peek()) {
            (TokenTree::Punct(hash), Some(TokenTree::Group(group)))
                if hash.as_char() == '#' && is_ours(group) =>
            {
                tokens.next();
            }
            (TokenTree::Group(group), _) => cleaned.push(TokenTree::Group(cleaned_group(group))),
            (TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_), _) => cleaned.push(token),
        }
    }
    cleaned.into_iter().collect()
}

fn cleaned_group(group: &Group) -> Group {
    let mut cleaned = Group::new(group.delimiter(), clean(group.stream()));
    cleaned.set_span(group.span());
    cleaned
}

/// `[get]` or `[get(…)]`; the language's own `[path = "…"]` stays.
fn is_ours(group: &Group) -> bool {
    let mut tokens = group.stream().into_iter();
    let Some(TokenTree::Ident(word)) = tokens.next() else {
        return false;
    };
    let is_word = Symbol::find(&word, ON_METHODS)
        .or_else(|| Symbol::find(&word, ON_PARAMETERS))
        .is_some();
    let has_our_form = match tokens.next() {
        None => true,
        Some(TokenTree::Group(arguments)) => arguments.delimiter() == Delimiter::Parenthesis,
        Some(TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_)) => false,
    };
    group.delimiter() == Delimiter::Bracket && is_word && has_our_form
}
