//! `impl Event` for a type, and the proof that it can be sent.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};

use crate::attr::{EventAttributes, Priority};
use crate::model::{EventType, Proof};

pub(super) fn expand(event: &EventType) -> TokenStream {
    let implementation = expand_impl(event, &expand_constants(&event.attributes));
    let proof = expand_proof(event);
    quote!(#implementation #proof)
}

/// The implementation for a type with mistakes.
pub(super) fn expand_fallback(event: &EventType) -> TokenStream {
    expand_impl(event, &TokenStream::new())
}

fn expand_impl(event: &EventType, constants: &TokenStream) -> TokenStream {
    let EventType {
        attributes: EventAttributes { library, name, .. },
        ident,
        generics: [implementation, arguments, where_clause],
        ..
    } = event;
    quote! {
        #[automatically_derived]
        impl #implementation #library::Event for #ident #arguments #where_clause {
            const NAME: &'static str = #name;
            #constants
        }
    }
}

/// Only what was written: the trait has the defaults.
fn expand_constants(attributes: &EventAttributes) -> TokenStream {
    let EventAttributes {
        library,
        version,
        target,
        priority,
        expires,
        ..
    } = attributes;
    let version = version.map(|version| {
        let version = Literal::u32_unsuffixed(version);
        quote!(const VERSION: u32 = #version;)
    });
    let target = target.as_ref().map(|target| {
        quote! {
            const TARGET: ::core::option::Option<&'static str> = ::core::option::Option::Some(#target);
        }
    });
    let priority = priority.map(|priority| {
        let priority = expand_priority(priority, library);
        quote!(const PRIORITY: #library::Priority = #priority;)
    });
    let expires = expires.map(|expires| {
        let milliseconds = Literal::u64_unsuffixed(expires.value);
        quote! {
            const EXPIRES: ::core::option::Option<::core::time::Duration> =
                ::core::option::Option::Some(::core::time::Duration::from_millis(#milliseconds));
        }
    });
    quote!(#version #target #priority #expires)
}

/// `::trunkline::Priority::High`
pub(super) fn expand_priority(priority: Priority, library: &TokenStream) -> TokenStream {
    let variant = format_ident!(
        "{}",
        match priority {
            Priority::Low => "Low",
            Priority::Normal => "Normal",
            Priority::High => "High",
            Priority::Urgent => "Urgent",
        }
    );
    quote!(#library::Priority::#variant)
}

/// The type's name carries its own span, where a missing `Serialize` is reported.
fn expand_proof(event: &EventType) -> TokenStream {
    let (library, ident) = (&event.attributes.library, &event.ident);
    match &event.proof {
        Proof::Owned => quote!(const _: () = #library::__private::owned_event::<#ident>();),
        Proof::Borrowing(arguments) => {
            quote!(const _: () = #library::__private::borrowing_event::<#ident #arguments>();)
        }
        Proof::Generic => TokenStream::new(),
    }
}
