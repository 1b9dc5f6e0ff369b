//! The signature of an object-safe method: every elided lifetime gets a name, so that the boxed future can outlive
//! none of them.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{
    FnArg, GenericArgument, GenericParam, Lifetime, PathArguments, ReturnType, Signature, Type,
    TypeParamBound,
};

use super::ErasedSignature;

/// The lifetime of the future.
const CALL: &str = "'__call";
/// The lifetime of `&self`, which an elided lifetime of the output is.
const RECEIVER: &str = "'__self";

/// Hands out names for elided lifetimes.
struct Names {
    /// The name for every one of them, else each gets its own.
    only: Option<Lifetime>,
    given: Vec<Lifetime>,
}

pub(super) fn name_all(sig: &Signature) -> ErasedSignature {
    let receiver = receiver_lifetime(sig);
    let mut names = Names {
        only: None,
        given: vec![receiver.clone()],
    };
    let mut inputs = Vec::new();
    for input in &sig.inputs {
        let FnArg::Typed(argument) = input else { continue };
        let mut ty = (*argument.ty).clone();
        names.fill(&mut ty);
        let name = Ident::new(&format!("__{}", inputs.len()), Span::call_site());
        inputs.push((name, ty.into_token_stream()));
    }
    let mut output = match &sig.output {
        ReturnType::Default => syn::parse_quote!(()),
        ReturnType::Type(_, ty) => (**ty).clone(),
    };
    Names {
        only: Some(receiver.clone()),
        given: Vec::new(),
    }
    .fill(&mut output);
    ErasedSignature {
        receiver: receiver.to_token_stream(),
        generics: generics(sig, &names.given),
        inputs,
        output: output.into_token_stream(),
    }
}

fn receiver_lifetime(sig: &Signature) -> Lifetime {
    match sig.receiver().map(|receiver| &receiver.kind) {
        Some(syn::ReceiverKind::Reference(_, Some(lifetime), _)) if lifetime.ident != "_" => lifetime.clone(),
        Some(_) | None => Lifetime::new(RECEIVER, Span::call_site()),
    }
}

/// All lifetimes, the user's and ours, each of which outlives the call.
fn generics(sig: &Signature, given: &[Lifetime]) -> TokenStream {
    let call = Lifetime::new(CALL, Span::call_site());
    let mut parameters = Vec::new();
    let mut declared = Vec::new();
    for parameter in &sig.generics.params {
        let GenericParam::Lifetime(parameter) = parameter else {
            continue;
        };
        let (lifetime, bounds) = (&parameter.lifetime, &parameter.bounds);
        parameters.push(quote!(#lifetime: #call + #bounds));
        declared.push(lifetime.clone());
    }
    for lifetime in given.iter().filter(|lifetime| !declared.contains(lifetime)) {
        parameters.push(quote!(#lifetime: #call));
    }
    quote!(<#call, #(#parameters),*>)
}

impl Names {
    fn next(&mut self) -> Lifetime {
        if let Some(only) = &self.only {
            return only.clone();
        }
        let lifetime = Lifetime::new(&format!("'__{}", self.given.len()), Span::call_site());
        self.given.push(lifetime.clone());
        lifetime
    }

    fn fill(&mut self, ty: &mut Type) {
        match ty {
            Type::Reference(reference) => {
                match &mut reference.lifetime {
                    Some(lifetime) => self.replace(lifetime),
                    absent @ None => *absent = Some(self.next()),
                }
                self.fill(&mut reference.elem);
            }
            Type::Array(array) => self.fill(&mut array.elem),
            Type::Group(group) => self.fill(&mut group.elem),
            Type::Paren(paren) => self.fill(&mut paren.elem),
            Type::Ptr(pointer) => self.fill(&mut pointer.elem),
            Type::Slice(slice) => self.fill(&mut slice.elem),
            Type::Tuple(tuple) => tuple.elems.iter_mut().for_each(|element| self.fill(element)),
            Type::Path(path) => {
                for segment in &mut path.path.segments {
                    self.fill_arguments(&mut segment.arguments);
                }
            }
            Type::TraitObject(object) => self.fill_bounds(object.bounds.iter_mut()),
            // The lifetimes of a function pointer are its own.
            _ => {}
        }
    }

    fn fill_bounds<'a>(&mut self, bounds: impl Iterator<Item = &'a mut TypeParamBound>) {
        for bound in bounds {
            match bound {
                TypeParamBound::Lifetime(lifetime) => self.replace(lifetime),
                TypeParamBound::Trait(bound) => {
                    for segment in &mut bound.path.segments {
                        self.fill_arguments(&mut segment.arguments);
                    }
                }
                _ => {}
            }
        }
    }

    /// `Fn(&str)` keeps its own lifetimes.
    fn fill_arguments(&mut self, arguments: &mut PathArguments) {
        let PathArguments::AngleBracketed(arguments) = arguments else {
            return;
        };
        for argument in &mut arguments.args {
            match argument {
                GenericArgument::Lifetime(lifetime) => self.replace(lifetime),
                GenericArgument::Type(ty) => self.fill(ty),
                GenericArgument::AssocType(associated) => self.fill(&mut associated.ty),
                _ => {}
            }
        }
    }

    fn replace(&mut self, lifetime: &mut Lifetime) {
        if lifetime.ident == "_" {
            *lifetime = self.next();
        }
    }
}
