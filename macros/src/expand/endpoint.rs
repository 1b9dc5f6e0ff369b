//! The client's implementation of the trait: one expression a method.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

use super::{client_ident, publisher, signature};
use crate::check::{Argument, Endpoint, Methods, Target};
use crate::model::{Method, Output, Parameter, Service};

pub(super) fn expand_impl(service: &Service, methods: &Methods<'_>, names: &[Ident]) -> TokenStream {
    let client = client_ident(service);
    let (ident, library) = (&service.ident, &service.arguments.library);
    let carried = &service.foreign.carried;
    let calls = methods
        .endpoints
        .iter()
        .zip(names)
        .map(|(endpoint, name)| expand_method(endpoint, name, library));
    let publishers = methods
        .publishers
        .iter()
        .map(|publisher| publisher::expand_method(publisher, library));
    quote! {
        #carried
        impl #ident for #client {
            #(#calls)*
            #(#publishers)*
        }
    }
}

fn expand_method(endpoint: &Endpoint<'_>, descriptor: &Ident, library: &TokenStream) -> TokenStream {
    let method = endpoint.method;
    let carried = &method.foreign.carried;
    let signature = signature::calling(method, signature::named(method));
    let self_token = method.receiver.as_ref().map(|receiver| &receiver.self_token);
    let arguments = endpoint.arguments.iter().map(expand_argument);
    let send = expand_send(method);
    quote! {
        #carried
        #signature {
            #library::__private::call(&#self_token.__service, &#descriptor) #(#arguments)* #send
        }
    }
}

fn expand_argument(argument: &Argument<'_>) -> TokenStream {
    let Some(ident) = &argument.parameter.ident else {
        return TokenStream::new();
    };
    let reference = reference(argument.parameter, ident);
    match &argument.target {
        Target::Path => quote!(.path(#reference)),
        Target::OptionalPath => quote!(.path_optional(#reference)),
        Target::Query(name) => quote!(.query(#name, #reference)),
        Target::Header(name) => quote!(.header(#name, #reference)),
        Target::Json => quote!(.json(#reference)),
        Target::Field(name) => quote!(.field(#name, #reference)),
        Target::Form => quote!(.form(#reference)),
        Target::Body => {
            let (_, end) = argument.parameter.spans();
            let value = moved_to(ident, end);
            quote!(.body(#value))
        }
    }
}

/// The reference carries the span of the argument's type, where a missing trait is reported.
pub(super) fn reference(parameter: &Parameter, ident: &Ident) -> TokenStream {
    let (start, end) = parameter.spans();
    let value = moved_to(ident, end);
    quote_spanned!(start=> &#value)
}

/// The same variable, reported elsewhere.
fn moved_to(ident: &Ident, place: Span) -> Ident {
    let mut ident = ident.clone();
    ident.set_span(place.resolved_at(ident.span()));
    ident
}

/// Carries the span of the type that is returned, where a missing `FromReply` is reported.
pub(super) fn expand_send(method: &Method) -> TokenStream {
    let (start, _) = method
        .output
        .as_ref()
        .map_or((Span::call_site(), Span::call_site()), Output::spans);
    quote_spanned!(start=> .send())
}
