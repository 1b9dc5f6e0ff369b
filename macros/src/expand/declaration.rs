//! The user's trait, without our attributes and with futures that are `Send`.

use proc_macro2::TokenStream;
use quote::quote;

use super::signature;
use crate::model::{Item, Method, Parameter, Service};

pub(super) fn expand(service: &Service) -> TokenStream {
    let Service {
        foreign,
        visibility,
        ident,
        generics,
        where_clause,
        supertraits,
        ..
    } = service;
    let attributes = &foreign.all;
    // Without the brackets the compiler would suggest to add a parameter for a type that it cannot find.
    let generics = if generics.is_empty() {
        quote!(<>)
    } else {
        generics.clone()
    };
    let items = service.items.iter().map(|item| match item {
        Item::Method(method) => expand_method(method),
        Item::Foreign(tokens) => tokens.clone(),
    });
    quote! {
        #attributes
        #visibility trait #ident #generics: #supertraits #where_clause {
            #(#items)*
        }
    }
}

fn expand_method(method: &Method) -> TokenStream {
    let attributes = &method.foreign.all;
    let signature = signature::declared(method, expand_parameters(method));
    let body = match &method.body {
        None => quote!(;),
        Some(body) if method.is_async => quote!({ async move #body }),
        Some(body) => body.clone(),
    };
    quote! {
        #attributes
        #signature #body
    }
}

/// With the attributes of others, and with patterns where there is a body.
fn expand_parameters(method: &Method) -> impl Iterator<Item = TokenStream> {
    method.parameters.iter().map(|parameter| {
        let Parameter {
            foreign,
            ident,
            pattern,
            ty,
            ..
        } = parameter;
        let attributes = &foreign.all;
        match ident {
            Some(ident) => quote!(#attributes #ident: #ty),
            None if method.body.is_some() => quote!(#attributes #pattern: #ty),
            None => quote!(_: #ty),
        }
    })
}
