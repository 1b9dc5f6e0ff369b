//! The last stage: from what is true to tokens. It cannot fail.

mod attributes;
mod client;
mod declaration;
mod descriptor;
mod endpoint;
mod erased;
mod event;
mod fallback;
mod from_reply;
mod publisher;
mod signature;

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use crate::check::Methods;
use crate::model::{self, EventType, ReplyEnum, Service};

/// Everything that a service becomes.
pub(crate) fn service(service: &Service, methods: &Methods<'_>) -> TokenStream {
    let endpoints = &methods.endpoints;
    let called: Vec<_> = endpoints.iter().map(|endpoint| endpoint.method).collect();
    let names = model::descriptor_names(&called);
    let declaration = declaration::expand(service);
    let client = client::expand_struct(service);
    let erased = erased::expand_types(service);
    let descriptors = descriptor::expand(service, endpoints, &names);
    let inherent = client::expand_methods(service, endpoints, &names);
    let implementation = endpoint::expand_impl(service, methods, &names);
    let erased_impls = erased::expand_impls(service);
    quote! {
        #declaration
        #client
        #erased
        // A deprecated method is implemented all the same.
        #[allow(deprecated)]
        const _: () = {
            #descriptors
            #inherent
            #implementation
            #erased_impls
        };
    }
}

/// The same names and types without a working call, so that a mistake has one message and not many.
pub(crate) fn fallback(service: &Service) -> TokenStream {
    let declaration = declaration::expand(service);
    let client = client::expand_struct(service);
    let erased = erased::expand_types(service);
    let inherent = fallback::expand_inherent(service);
    let implementation = fallback::expand_impl(service);
    let erased_impls = erased::expand_impls(service);
    quote! {
        #declaration
        #client
        #erased
        #[allow(deprecated, unused, unreachable_code)]
        const _: () = {
            #inherent
            #implementation
            #erased_impls
        };
    }
}

/// The implementation of `FromReply`.
pub(crate) fn from_reply(reply: &ReplyEnum) -> TokenStream {
    from_reply::expand(reply)
}

/// The implementation of `FromReply` for an enum with mistakes.
pub(crate) fn from_reply_fallback(reply: &ReplyEnum) -> TokenStream {
    from_reply::expand_fallback(reply)
}

/// The implementation of `Event`.
pub(crate) fn event(event: &EventType) -> TokenStream {
    event::expand(event)
}

/// The implementation of `Event` for a type with mistakes.
pub(crate) fn event_fallback(event: &EventType) -> TokenStream {
    event::expand_fallback(event)
}

fn client_ident(service: &Service) -> Ident {
    format_ident!("{}Client", service.ident)
}
