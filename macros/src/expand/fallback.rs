//! What a service with mistakes becomes beside its trait.

use proc_macro2::TokenStream;
use quote::quote;

use super::{client, client_ident, signature};
use crate::model::{Method, Service};

pub(super) fn expand_inherent(service: &Service) -> TokenStream {
    let never = quote!(::core::unreachable!());
    client::expand_inherent(service, &quote!(&[]), [&never, &never])
}

/// A trait with generics or associated types has no implementation that could be written here.
pub(super) fn expand_impl(service: &Service) -> TokenStream {
    if !service.is_plain {
        return TokenStream::new();
    }
    let client = client_ident(service);
    let ident = &service.ident;
    let methods = service
        .methods()
        .filter(|method| method.body.is_none())
        .map(expand_method);
    quote! {
        impl #ident for #client {
            #(#methods)*
        }
    }
}

fn expand_method(method: &Method) -> TokenStream {
    let carried = &method.foreign.carried;
    let signature = signature::asynchronous(method, signature::named(method));
    quote! {
        #carried
        #signature {
            ::core::unreachable!()
        }
    }
}
