//! A method's signature, as the trait declares it and as implementations repeat it.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};

use crate::model::{Method, Parameter};

/// `fn chat(…) -> impl Future<Output = …> + Send`, as the trait declares it.
pub(super) fn declared(method: &Method, parameters: impl Iterator<Item = TokenStream>) -> TokenStream {
    let output = if method.is_async {
        let future = future(method);
        quote!(-> #future + ::core::marker::Send)
    } else {
        written_output(method)
    };
    expand(method, &plain_fn(method), parameters, &output)
}

/// `fn chat(…) -> impl Future<Output = …>`, as a call implements it.
///
/// This is checked in a third of the time of an `async fn`, whose future would have to be proved `Send`; here `Send`
/// is said by what sends the call.
pub(super) fn calling(method: &Method, parameters: impl Iterator<Item = TokenStream>) -> TokenStream {
    let future = future(method);
    expand(method, &plain_fn(method), parameters, &quote!(-> #future))
}

fn plain_fn(method: &Method) -> TokenStream {
    quote_spanned!(method.fn_span=> fn)
}

fn future(method: &Method) -> TokenStream {
    let nothing = quote!(());
    let ty = method.output.as_ref().map_or(&nothing, |output| &output.ty);
    quote!(impl ::core::future::Future<Output = #ty>)
}

fn written_output(method: &Method) -> TokenStream {
    let ty = method.output.iter().map(|output| &output.ty);
    quote!(#(-> #ty)*)
}

/// `async fn chat(…) -> …`
pub(super) fn asynchronous(method: &Method, parameters: impl Iterator<Item = TokenStream>) -> TokenStream {
    let keywords = if method.is_async {
        quote!(async fn)
    } else {
        quote!(fn)
    };
    expand(method, &keywords, parameters, &written_output(method))
}

fn expand(
    method: &Method,
    keywords: &TokenStream,
    parameters: impl Iterator<Item = TokenStream>,
    output: &TokenStream,
) -> TokenStream {
    let (ident, generics) = (&method.ident, &method.generics.parameters);
    let where_clause = &method.generics.where_clause;
    let receiver = method.receiver.iter().map(|receiver| receiver.tokens.clone());
    let inputs = receiver.chain(parameters);
    quote!(#keywords #ident #generics (#(#inputs),*) #output #where_clause)
}

/// The parameters by their names; a pattern is a mistake, which the compiler need not report as well.
pub(super) fn named(method: &Method) -> impl Iterator<Item = TokenStream> {
    method.parameters.iter().map(|parameter| {
        let (carried, ty) = (&parameter.foreign.carried, &parameter.ty);
        let Some(ident) = &parameter.ident else {
            return quote!(_: #ty);
        };
        quote!(#carried #ident: #ty)
    })
}

/// The parameters by names of ours, for a default method may have patterns.
pub(super) fn numbered(method: &Method) -> impl Iterator<Item = TokenStream> {
    method
        .parameters
        .iter()
        .enumerate()
        .map(|(index, Parameter { ty, .. })| {
            let name = number(index);
            quote!(#name: #ty)
        })
}

/// The name of ours for the argument at an index.
pub(super) fn number(index: usize) -> Ident {
    format_ident!("__{index}")
}
