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
        let mut parameters = Vec::new();
        let mut first_impl = None;
        for input in &mut sig.inputs {
            let FnArg::Typed(argument) = input else { continue };
            if is_async {
                first_impl = first_impl.or(bounds::add_to_type(&mut argument.ty));
            }
            parameters.push(Parameter::from_syn(argument, is_declaration, errors));
        }
        let mut generics = Generics::from_syn(&sig.generics);
        generics.first = generics.first.or(first_impl);
        let is_shared = receiver
            .as_ref()
            .is_some_and(|receiver| receiver.is_shared_reference);
        let is_opaque = matches!(&sig.output, ReturnType::Type(_, ty) if matches!(**ty, Type::ImplTrait(_)));
        let is_erasable = erased && is_shared && !is_opaque && generics.first.is_none();
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
