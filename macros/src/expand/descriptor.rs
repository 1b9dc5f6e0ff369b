//! The static description of the service, and one of each endpoint.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;

use super::attributes;
use crate::check::Endpoint;
use crate::model::Service;

pub(super) fn expand(service: &Service, endpoints: &[Endpoint<'_>], names: &[Ident]) -> TokenStream {
    let arguments = &service.arguments;
    let (library, name, prefix) = (&arguments.library, &arguments.name, &arguments.prefix);
    let service_attributes = attributes::expand(&arguments.attributes, library);
    let conditions = endpoints
        .iter()
        .map(|endpoint| attributes::conditions(endpoint.method));
    let descriptors = endpoints.iter().enumerate().map(|(index, endpoint)| {
        expand_endpoint(endpoint, &names[index], &position(&endpoints[..index]), library)
    });
    quote! {
        static __SERVICE: #library::Service = #library::__private::service(
            #name, #prefix, &[#(#conditions &#names),*], #service_attributes,
        );
        #(#descriptors)*
    }
}

fn expand_endpoint(
    endpoint: &Endpoint<'_>,
    descriptor: &Ident,
    position: &TokenStream,
    library: &TokenStream,
) -> TokenStream {
    let conditions = attributes::conditions(endpoint.method);
    let name = &endpoint.method.name;
    let http_method = endpoint.verb.method.as_deref().unwrap_or_default();
    let template = endpoint
        .verb
        .template
        .as_ref()
        .map_or("", |template| &template.value.text);
    let attributes = attributes::expand(&endpoint.method.attributes, library);
    quote! {
        #conditions
        static #descriptor: #library::Endpoint = #library::__private::endpoint(
            #position, #name, #http_method, #template, #attributes,
        );
    }
}

/// The index among the endpoints that are compiled: those under `#[cfg]` count when they are there.
fn position(earlier: &[Endpoint<'_>]) -> TokenStream {
    let conditions = earlier.iter().map(|endpoint| &endpoint.method.foreign.conditions);
    let conditional: Vec<_> = conditions.filter(|conditions| !conditions.is_empty()).collect();
    let always = Literal::usize_unsuffixed(earlier.len() - conditional.len());
    quote!(#always #(+ if ::core::cfg!(all(#(#conditional),*)) { 1 } else { 0 })*)
}
