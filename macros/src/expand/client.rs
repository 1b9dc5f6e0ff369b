//! `{Trait}Client`: the struct and what it has beside the trait.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::client_ident;
use crate::attr::Role;
use crate::check::Endpoint;
use crate::model::Service;

pub(super) fn expand_struct(service: &Service) -> TokenStream {
    let client = client_ident(service);
    let Service {
        arguments,
        foreign,
        visibility,
        ident,
        ..
    } = service;
    let (carried, library) = (&foreign.carried, &arguments.library);
    let means = means(service);
    let doc = format!(
        " The client of `{}`: it implements [`{ident}`] by {means}.",
        arguments.name
    );
    quote! {
        #carried
        #[doc = #doc]
        #[derive(::core::clone::Clone, ::core::fmt::Debug)]
        #visibility struct #client {
            __service: #library::ServiceClient,
        }
    }
}

/// What the methods do.
fn means(service: &Service) -> &'static str {
    let has = |publishes: bool| {
        let mut roles = service.methods().filter_map(|method| method.role.as_ref());
        roles.any(|role| matches!(role, Role::Publisher(_)) == publishes)
    };
    match (has(false), has(true)) {
        (_, false) => "calls over HTTP",
        (true, true) => "calls over HTTP and by publishing events",
        (false, true) => "publishing events",
    }
}

pub(super) fn expand_methods(service: &Service, endpoints: &[Endpoint<'_>], names: &[Ident]) -> TokenStream {
    let conditions = endpoints
        .iter()
        .map(|endpoint| super::attributes::conditions(endpoint.method));
    let endpoints = quote!(&[#(#conditions &#names),*]);
    let library = &service.arguments.library;
    let bind = quote!(#library::__private::bind(client, &__SERVICE));
    let bind_at =
        quote!(#library::__private::bind_at(client, &__SERVICE, ::core::convert::AsRef::as_ref(&url)));
    expand_inherent(service, &endpoints, [&bind, &bind_at])
}

/// The methods around an array of endpoints and two expressions that bind a client.
pub(super) fn expand_inherent(
    service: &Service,
    endpoints: &TokenStream,
    binds: [&TokenStream; 2],
) -> TokenStream {
    let client = client_ident(service);
    let visibility = &service.visibility;
    let (carried, library) = (&service.foreign.carried, &service.arguments.library);
    let [bind, bind_at] = binds;
    quote! {
        #carried
        impl #client {
            /// The endpoints of this service, in the order of the trait.
            #visibility const ENDPOINTS: &'static [&'static #library::Endpoint] = #endpoints;

            /// Calls the instances that the client's configuration names.
            #visibility fn new(client: &#library::Client) -> Self {
                Self { __service: #bind }
            }

            /// Calls this address, whatever the configuration says.
            #visibility fn at(client: &#library::Client, url: impl ::core::convert::AsRef<str>) -> Self {
                Self { __service: #bind_at }
            }

            /// The same client, whose calls carry these options.
            #visibility fn with(&self, options: #library::CallOptions) -> Self {
                Self { __service: self.__service.with(options) }
            }

            /// The untyped client of this service.
            #visibility fn service(&self) -> &#library::ServiceClient {
                &self.__service
            }
        }
    }
}
