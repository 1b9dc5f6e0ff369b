//! From a method's syntax to [`Method`].

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{FnArg, GenericParam, ReceiverKind, ReturnType, Safety, Signature, TraitItemFn, Type};

use super::borrows;
use super::bounds;
use super::lifetimes;
use super::{Generics, Method, Output, Parameter, Receiver, unraw};
use crate::attr::MethodAttributes;
use crate::errors::Errors;

impl Method {
    pub(crate) fn from_syn(written: TraitItemFn, erased: bool, errors: &mut Errors) -> Self {
        let TraitItemFn {
            attrs,
            modifiers,
            mut sig,
            default,
            ..
        } = written;
        let read = MethodAttributes::from_syn(&attrs, errors);
        if let Err(error) = modifiers.require_empty() {
            errors.push_at(error.span(), error.to_string());
        }
        check_qualifiers(&sig, errors);
        let is_async = sig.asyncness.is_some();
        if is_async {
            bounds::add_to_generics(&mut sig.generics);
        }
        let is_declaration = default.is_none();
        if is_declaration {
            borrows::check(&sig.output, errors);
        }
        let receiver = sig.receiver().map(Receiver::from_syn);
        let first_impl = if is_async { bound_arguments(&mut sig) } else { None };
        let arguments = sig.inputs.iter_mut().filter_map(|input| match input {
            FnArg::Typed(argument) => Some(argument),
            FnArg::Receiver(_) => None,
        });
        let parameters = arguments.map(|argument| Parameter::from_syn(argument, is_declaration, errors));
        let parameters = parameters.collect();
        let mut generics = Generics::from_syn(&sig.generics);
        generics.first = generics.first.or(first_impl);
        let is_erasable = erased && generics.first.is_none() && may_be_erased(&sig, receiver.as_ref());
        Self {
            foreign: read.foreign,
            role: read.role,
            is_misspelt: read.is_misspelt,
            attributes: read.attributes,
            policy_word: read.policy_word,
            fn_span: sig.fn_token.span,
            name: unraw(&sig.ident),
            ident: sig.ident.clone(),
            is_async,
            generics,
            receiver,
            parameters,
            output: Output::from_syn(&sig.output),
            body: default.map(ToTokens::into_token_stream),
            erased: is_erasable.then(|| lifetimes::name_all(&sig)),
        }
    }
}

/// Bounds what the arguments are `impl`; where the first of these is.
fn bound_arguments(sig: &mut Signature) -> Option<Span> {
    let mut first = None;
    for input in &mut sig.inputs {
        if let FnArg::Typed(argument) = input {
            first = first.or(bounds::add_to_type(&mut argument.ty));
        }
    }
    first
}

/// Whether receiver and return type allow it to be called through `dyn`.
fn may_be_erased(sig: &Signature, receiver: Option<&Receiver>) -> bool {
    let is_opaque = matches!(&sig.output, ReturnType::Type(_, ty) if matches!(**ty, Type::ImplTrait(_)));
    !is_opaque && receiver.is_some_and(|receiver| receiver.is_shared_reference)
}

impl Generics {
    fn from_syn(generics: &syn::Generics) -> Self {
        let first = generics
            .params
            .iter()
            .find(|parameter| !matches!(parameter, GenericParam::Lifetime(_)));
        Self {
            parameters: generics.to_token_stream(),
            where_clause: generics.where_clause.to_token_stream(),
            first: first.map(Spanned::span),
        }
    }
}

impl Receiver {
    fn from_syn(receiver: &syn::Receiver) -> Self {
        Self {
            tokens: receiver.to_token_stream(),
            self_token: receiver.self_token.to_token_stream(),
            is_shared_reference: matches!(receiver.kind, ReceiverKind::Reference(_, _, None)),
        }
    }
}

impl Output {
    fn from_syn(output: &ReturnType) -> Option<Self> {
        match output {
            ReturnType::Default => None,
            ReturnType::Type(_, ty) => Some(Self {
                ty: ty.to_token_stream(),
            }),
        }
    }

    /// The first and the last token of the type, between which an error is underlined.
    pub(crate) fn spans(&self) -> (Span, Span) {
        ends(&self.ty)
    }
}

impl Parameter {
    /// The first and the last token of the type, between which an error is underlined.
    pub(crate) fn spans(&self) -> (Span, Span) {
        ends(&self.ty)
    }
}

fn ends(tokens: &TokenStream) -> (Span, Span) {
    let mut spans = tokens.clone().into_iter().map(|token| token.span());
    let start = spans.next().unwrap_or_else(Span::call_site);
    (start, spans.last().unwrap_or(start))
}

/// A call over the network is neither `const` nor `unsafe`, and has no other ABI.
fn check_qualifiers(sig: &Signature, errors: &mut Errors) {
    if let Some(constness) = &sig.constness {
        errors.push(
            constness,
            "a method of a service cannot be `const`; expected `async fn`",
        );
    }
    if let Safety::Safe(_) | Safety::Unsafe(_) = sig.safety {
        errors.push(
            &sig.safety,
            "a method of a service is a plain `async fn`; drop the safety keyword",
        );
    }
    if let Some(abi) = &sig.abi {
        errors.push(abi, "a method of a service is a plain `async fn`; drop the ABI");
    }
    if let Some(variadic) = &sig.variadic {
        errors.push(
            variadic,
            "a method of a service has a fixed number of arguments; drop `...`",
        );
    }
}
