//! The store of mistakes: as many as there are, each with its place, handed over once.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};

/// The mistakes found so far.
#[derive(Default)]
pub(crate) struct Errors {
    mistakes: Vec<Mistake>,
}

struct Mistake {
    start: Span,
    end: Span,
    message: String,
}

impl Errors {
    /// Adds a mistake whose place is all of `place`.
    pub(crate) fn push(&mut self, place: &impl ToTokens, message: impl Into<String>) {
        self.push_over(place.to_token_stream(), message.into());
    }

    fn push_over(&mut self, place: TokenStream, message: String) {
        let mut spans = place.into_iter().map(|token| token.span());
        let start = spans.next().unwrap_or_else(Span::call_site);
        let end = spans.last().unwrap_or(start);
        self.mistakes.push(Mistake { start, end, message });
    }

    /// Adds a mistake whose place is one token.
    pub(crate) fn push_at(&mut self, span: Span, message: impl Into<String>) {
        self.mistakes.push(Mistake {
            start: span,
            end: span,
            message: message.into(),
        });
    }

    /// The mistakes as `compile_error!`s, or `None` when there are none.
    pub(crate) fn finish(self) -> Option<TokenStream> {
        if self.mistakes.is_empty() {
            return None;
        }
        Some(self.mistakes.into_iter().map(Mistake::into_tokens).collect())
    }

    #[cfg(test)]
    pub(crate) fn messages(&self) -> Vec<&str> {
        self.mistakes
            .iter()
            .map(|mistake| mistake.message.as_str())
            .collect()
    }
}

impl Mistake {
    /// The compiler underlines from the path's first token to the last brace.
    fn into_tokens(self) -> TokenStream {
        let message = self.message;
        let path = quote_spanned!(self.start=> ::core::compile_error!);
        let argument = quote_spanned!(self.end=> { #message });
        quote::quote!(#path #argument)
    }
}
