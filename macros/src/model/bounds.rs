//! `Send + Sync` on what a call holds across an await: type parameters and `impl Trait` arguments.

use proc_macro2::{Ident, Span};
use syn::{
    GenericArgument, GenericParam, Generics, PathArguments, Token, Type, TypeParamBound, WhereClause,
    WherePredicate, parse_quote, parse_quote_spanned,
};

type Bounds = syn::punctuated::Punctuated<TypeParamBound, Token![+]>;

/// Adds the bounds to each type parameter, in the place where it has others: clippy asks for one place alone.
pub(super) fn add_to_generics(generics: &mut Generics) {
    let Generics {
        params, where_clause, ..
    } = generics;
    for parameter in params {
        let GenericParam::Type(parameter) = parameter else {
            continue;
        };
        let clause = where_clause.as_mut();
        match clause.and_then(|clause| bounds_in(clause, &parameter.ident)) {
            Some(bounds) => add(bounds),
            None => add(&mut parameter.bounds),
        }
    }
}

/// The bounds that a where clause has for this parameter itself.
fn bounds_in<'a>(clause: &'a mut WhereClause, parameter: &Ident) -> Option<&'a mut Bounds> {
    clause
        .predicates
        .iter_mut()
        .find_map(|predicate| match predicate {
            WherePredicate::Type(predicate) => match &predicate.bounded_ty {
                Type::Path(path) if path.path.is_ident(parameter) => Some(&mut predicate.bounds),
                _ => None,
            },
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
