//! `Send + Sync` on what a call holds across an await: type parameters and `impl Trait` arguments.

use proc_macro2::Span;
use syn::{
    GenericArgument, GenericParam, Generics, Ident, PathArguments, Token, Type, TypeParamBound, WhereClause,
    WherePredicate, parse_quote, parse_quote_spanned,
};

type Bounds = syn::punctuated::Punctuated<TypeParamBound, Token![+]>;

/// A parameter that the where clause bounds gets them there: all bounds of a type stand in one place.
pub(super) fn add_to_generics(generics: &mut Generics) {
    let Generics {
        params, where_clause, ..
    } = generics;
    for parameter in params {
        let GenericParam::Type(parameter) = parameter else {
            continue;
        };
        match where_clause
            .as_mut()
            .and_then(|clause| bounds_in(clause, &parameter.ident))
        {
            Some(bounds) => add(bounds),
            None => add(&mut parameter.bounds),
        }
    }
}

fn bounds_in<'c>(clause: &'c mut WhereClause, parameter: &Ident) -> Option<&'c mut Bounds> {
    clause
        .predicates
        .iter_mut()
        .find_map(|predicate| match predicate {
            WherePredicate::Type(predicate) if predicate.lifetimes.is_none() => {
                let is_it = matches!(&predicate.bounded_ty, Type::Path(ty) if ty.path.is_ident(parameter));
                is_it.then_some(&mut predicate.bounds)
            }
            _ => None,
        })
}

/// Adds the bounds to each `impl Trait` in the type, and says where the first one is.
pub(super) fn add_to_type(ty: &mut Type) -> Option<Span> {
    match ty {
        Type::ImplTrait(anonymous) => {
            add(&mut anonymous.bounds);
            Some(anonymous.impl_token.span)
        }
        Type::Array(array) => add_to_type(&mut array.elem),
        Type::Group(group) => add_to_type(&mut group.elem),
        Type::Paren(paren) => add_to_type(&mut paren.elem),
        Type::Ptr(pointer) => add_behind_prefix(&mut pointer.elem),
        Type::Reference(reference) => add_behind_prefix(&mut reference.elem),
        Type::Slice(slice) => add_to_type(&mut slice.elem),
        Type::Tuple(tuple) => first(tuple.elems.iter_mut().map(add_to_type)),
        Type::Path(path) => first(
            path.path
                .segments
                .iter_mut()
                .map(|segment| add_to_arguments(&mut segment.arguments)),
        ),
        // Nothing else contains an `impl Trait` in an argument's type.
        _ => None,
    }
}

/// `&impl Display` becomes `&(impl Display + Send + Sync)`.
fn add_behind_prefix(ty: &mut Type) -> Option<Span> {
    let span = add_to_type(ty);
    if let (Type::ImplTrait(_), Some(span)) = (&ty, span) {
        *ty = parse_quote_spanned!(span=> (#ty));
    }
    span
}

fn add_to_arguments(arguments: &mut PathArguments) -> Option<Span> {
    let PathArguments::AngleBracketed(arguments) = arguments else {
        return None;
    };
    first(arguments.args.iter_mut().map(|argument| match argument {
        GenericArgument::Type(ty) => add_to_type(ty),
        GenericArgument::AssocType(associated) => add_to_type(&mut associated.ty),
        _ => None,
    }))
}

/// Runs through all of them.
fn first(spans: impl Iterator<Item = Option<Span>>) -> Option<Span> {
    spans.fold(None, Option::or)
}

/// Adds the bounds, after those that are there.
pub(super) fn add(bounds: &mut Bounds) {
    bounds.push(parse_quote!(::core::marker::Send));
    bounds.push(parse_quote!(::core::marker::Sync));
}
