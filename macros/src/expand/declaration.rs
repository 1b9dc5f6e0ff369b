//! The user's trait, without our attributes and with futures that are `Send`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

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
    let generics = match generics.is_empty() {
        true => quote!(<>),
        false => generics.clone(),
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
    let Method {
        foreign,
        fn_span,
        ident,
        generics,
        receiver,
        parameters,
        body,
        ..
    } = method;
    let attributes = &foreign.all;
    let keyword = quote_spanned!(*fn_span=> fn);
    let (generic_parameters, where_clause) = (&generics.parameters, &generics.where_clause);
    let receiver = receiver.iter().map(|receiver| &receiver.tokens);
    let parameters = parameters
        .iter()
        .map(|parameter| expand_parameter(parameter, body.is_some()));
    let inputs = receiver.cloned().chain(parameters);
    let output = expand_output(method);
    let body = match body {
        None => quote!(;),
        Some(body) if method.is_async => quote!({ async move #body }),
        Some(body) => body.clone(),
    };
    quote! {
        #attributes
        #keyword #ident #generic_parameters (#(#inputs),*) #output #where_clause #body
    }
}

/// A declaration with a pattern is a mistake, which the compiler need not report as well.
fn expand_parameter(parameter: &Parameter, has_body: bool) -> TokenStream {
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
        None if has_body => quote!(#attributes #pattern: #ty),
        None => quote!(_: #ty),
    }
}

fn expand_output(method: &Method) -> TokenStream {
    let ty = method.output.as_ref().map(|output| &output.ty);
    match (method.is_async, ty) {
        (true, Some(ty)) => {
            quote!(-> impl ::core::future::Future<Output = #ty> + ::core::marker::Send)
        }
        (true, None) => quote!(-> impl ::core::future::Future<Output = ()> + ::core::marker::Send),
        (false, Some(ty)) => quote!(-> #ty),
        (false, None) => TokenStream::new(),
    }
}
