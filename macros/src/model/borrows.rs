//! Does a method return something borrowed? A reply's bytes are gone when the call ends.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{GenericArgument, PathArguments, PathSegment, ReturnType, Type, TypeReference};

use crate::errors::Errors;

pub(super) fn check(output: &ReturnType, errors: &mut Errors) {
    let ReturnType::Type(_, ty) = output else {
        return;
    };
    if let Some(reference) = first_in(ty) {
        errors.push(
            &reference,
            "a reply is gone when the call ends, so nothing of it can be borrowed; expected a type that owns what it says, \
             such as `String` or `Vec<u8>`",
        );
    }
}

/// The first reference in the type, unless it is to something that lasts for ever.
fn first_in(ty: &Type) -> Option<TokenStream> {
    match ty {
        Type::Reference(reference) if !is_static(reference) => Some(reference.to_token_stream()),
        Type::Array(array) => first_in(&array.elem),
        Type::Group(group) => first_in(&group.elem),
        Type::Paren(paren) => first_in(&paren.elem),
        Type::Slice(slice) => first_in(&slice.elem),
        Type::Tuple(tuple) => tuple.elems.iter().find_map(first_in),
        Type::Path(path) => path.path.segments.iter().find_map(first_in_segment),
        // Nothing else that a method returns holds a value of the type inside it.
        _ => None,
    }
}

fn is_static(reference: &TypeReference) -> bool {
    reference
        .lifetime
        .as_ref()
        .is_some_and(|lifetime| lifetime.ident == "static")
}

fn first_in_segment(segment: &PathSegment) -> Option<TokenStream> {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => first_in(ty),
        _ => None,
    })
}
