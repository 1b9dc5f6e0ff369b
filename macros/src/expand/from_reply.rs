//! `impl FromReply` for an enum with a variant for each status.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use crate::attr::Status;
use crate::model::{ReplyEnum, ReplyVariant};

pub(super) fn expand(reply: &ReplyEnum) -> TokenStream {
    let library = &reply.library;
    let arms = reply
        .variants
        .iter()
        .filter_map(|variant| expand_arm(variant, library));
    let last = expand_last_arm(reply);
    let accepts = expand_accepts(reply);
    let body = quote! {
        match reply.status().as_u16() {
            #(#arms)*
            #last
        }
    };
    expand_impl(reply, &accepts, &body)
}

/// The implementation for an enum with mistakes.
pub(super) fn expand_fallback(reply: &ReplyEnum) -> TokenStream {
    expand_impl(reply, &quote!(true), &quote!(::core::unreachable!()))
}

fn expand_impl(reply: &ReplyEnum, accepts: &TokenStream, body: &TokenStream) -> TokenStream {
    let ReplyEnum {
        library,
        ident,
        generics: [implementation, name, where_clause],
        ..
    } = reply;
    let other = reply.variants.iter().any(ReplyVariant::has_other);
    let status = if other || accepts.is_empty() {
        quote!(_status)
    } else {
        quote!(status)
    };
    quote! {
        impl #implementation #library::FromReply for #ident #name #where_clause {
            fn accepts(#status: #library::http::StatusCode) -> bool {
                #accepts
            }

            fn from_reply(
                reply: #library::Reply<#library::Body>,
            ) -> ::core::result::Result<Self, #library::Error> {
                #body
            }
        }
    }
}

fn expand_accepts(reply: &ReplyEnum) -> TokenStream {
    if reply.variants.iter().any(ReplyVariant::has_other) {
        return quote!(true);
    }
    let tests = reply.variants.iter().map(|variant| {
        let (conditions, codes) = (&variant.conditions, variant.codes());
        quote!(#conditions #(#codes)|* => true,)
    });
    quote! {
        match status.as_u16() {
            #(#tests)*
            _ => false,
        }
    }
}

/// The arm of a variant's own statuses, if it has any.
fn expand_arm(variant: &ReplyVariant, library: &TokenStream) -> Option<TokenStream> {
    let codes = variant.codes();
    if codes.is_empty() {
        return None;
    }
    let (conditions, value) = (&variant.conditions, expand_value(variant, library));
    Some(quote!(#conditions #(#codes)|* => #value,))
}

fn expand_value(variant: &ReplyVariant, library: &TokenStream) -> TokenStream {
    let ident = &variant.ident;
    match &variant.content {
        None => quote!(::core::result::Result::Ok(Self::#ident)),
        Some(content) => {
            quote!(::core::result::Result::map(<#content as #library::FromReply>::from_reply(reply), Self::#ident))
        }
    }
}

fn expand_last_arm(reply: &ReplyEnum) -> TokenStream {
    let library = &reply.library;
    if let Some(other) = reply.variants.iter().find(|variant| variant.has_other()) {
        let value = expand_value(other, library);
        return quote!(_ => #value,);
    }
    let codes = reply.variants.iter().flat_map(ReplyVariant::codes);
    quote! {
        _ => ::core::result::Result::Err(#library::__private::unexpected_status(reply, &[#(#codes),*])),
    }
}

impl ReplyVariant {
    fn codes(&self) -> Vec<Literal> {
        let codes = self.statuses.iter().filter_map(|status| match status.value {
            Status::Code(code) => Some(Literal::u16_unsuffixed(code)),
            Status::Other => None,
        });
        codes.collect()
    }

    fn has_other(&self) -> bool {
        self.statuses.iter().any(|status| status.value == Status::Other)
    }
}
