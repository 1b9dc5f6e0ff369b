//! The client's implementation of the trait: one expression a method.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};

use super::client_ident;
use crate::check::{Argument, Endpoint, Target};
use crate::model::{Method, Parameter, Service};

pub(super) fn expand_impl(service: &Service, endpoints: &[Endpoint<'_>], names: &[Ident]) -> TokenStream {
    let client = client_ident(service);
    let (ident, library) = (&service.ident, &service.arguments.library);
    let carried = &service.foreign.carried;
    let methods = endpoints
        .iter()
        .zip(names)
        .map(|(endpoint, name)| expand_method(endpoint, name, library));
    quote! {
        #carried
        impl #ident for #client {
            #(#methods)*
        }
    }
}

fn expand_method(endpoint: &Endpoint<'_>, descriptor: &Ident, library: &TokenStream) -> TokenStream {
    let method = endpoint.method;
    let carried = &method.foreign.carried;
    let signature = expand_signature(method);
    let self_token = method.receiver.as_ref().map(|receiver| &receiver.self_token);
    let arguments = endpoint.arguments.iter().map(expand_argument);
    let send = expand_send(method);
    quote! {
        #carried
        #signature {
            #library::__private::call(&#self_token.__service, &#descriptor) #(#arguments)* #send.await
        }
    }
}

/// As in the trait, but `async`.
pub(super) fn expand_signature(method: &Method) -> TokenStream {
    signature(method, method.parameters.iter().map(expand_parameter))
}

/// The same with names of ours, for a default method may have patterns.
pub(super) fn expand_numbered_signature(method: &Method) -> TokenStream {
    let parameters = method.parameters.iter().enumerate().map(|(index, parameter)| {
        let (name, ty) = (argument_name(index), &parameter.ty);
        quote!(#name: #ty)
    });
    signature(method, parameters)
}

/// The name of ours for the argument at an index.
pub(super) fn argument_name(index: usize) -> Ident {
    format_ident!("__{index}")
}

fn signature(method: &Method, parameters: impl Iterator<Item = TokenStream>) -> TokenStream {
    let Method {
        ident,
        generics,
        receiver,
        output,
        ..
    } = method;
    let (generic_parameters, where_clause) = (&generics.parameters, &generics.where_clause);
    let receiver = receiver.iter().map(|receiver| receiver.tokens.clone());
    let inputs = receiver.chain(parameters);
    let output = output.iter().map(|output| &output.ty);
    let keywords = match method.is_async {
        true => quote!(async fn),
        false => quote!(fn),
    };
    quote!(#keywords #ident #generic_parameters (#(#inputs),*) #(-> #output)* #where_clause)
}

fn expand_parameter(parameter: &Parameter) -> TokenStream {
    let Parameter {
        foreign, ident, ty, ..
    } = parameter;
    let carried = &foreign.carried;
    match ident {
        Some(ident) => quote!(#carried #ident: #ty),
        None => quote!(_: #ty),
    }
}

/// The reference carries the span of the argument's type, where a missing trait is reported.
fn expand_argument(argument: &Argument<'_>) -> TokenStream {
    let Some(ident) = &argument.parameter.ident else {
        return TokenStream::new();
    };
    let (start, end) = argument.parameter.spans();
    let value = moved_to(ident, end);
    let reference = quote_spanned!(start=> &#value);
    match &argument.target {
        Target::Path => quote!(.path(#reference)),
        Target::OptionalPath => quote!(.path_optional(#reference)),
        Target::Query(name) => quote!(.query(#name, #reference)),
        Target::Header(name) => quote!(.header(#name, #reference)),
        Target::Json => quote!(.json(#reference)),
        Target::Field(name) => quote!(.field(#name, #reference)),
        Target::Form => quote!(.form(#reference)),
        Target::Body => quote!(.body(#value)),
    }
}

/// The same variable, reported elsewhere.
fn moved_to(ident: &Ident, place: Span) -> Ident {
    let mut ident = ident.clone();
    ident.set_span(place.resolved_at(ident.span()));
    ident
}

/// Carries the span of the type that is returned, where a missing `FromReply` is reported.
fn expand_send(method: &Method) -> TokenStream {
    let (start, _) = method
        .output
        .as_ref()
        .map_or((Span::call_site(), Span::call_site()), |output| output.spans());
    quote_spanned!(start=> .send())
}
