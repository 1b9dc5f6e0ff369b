//! What a service with mistakes becomes beside its trait.

use proc_macro2::TokenStream;
use quote::quote;

use super::{client, client_ident, endpoint};
use crate::model::{Method, Service};

pub(super) fn expand(service: &Service) -> TokenStream {
    let never = quote!(::core::unreachable!());
    let inherent = client::expand_inherent(service, &quote!(&[]), [&never, &never]);
    let implementation = match service.is_plain {
        true => expand_impl(service),
        false => TokenStream::new(),
    };
    quote! {
        #[allow(unused, unreachable_code)]
        const _: () = {
            #inherent
            #implementation
        };
    }
}

fn expand_impl(service: &Service) -> TokenStream {
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
    let signature = endpoint::expand_signature(method);
    quote! {
        #carried
        #signature {
            ::core::unreachable!()
        }
    }
}
