//! The second stage: what the user wrote, in our words and without syn's types.

mod borrows;
mod bounds;
mod event;
mod lifetimes;
mod method;
mod parameter;
mod reply;
mod service;

use std::collections::HashSet;

use proc_macro2::{Ident, Span, TokenStream};

use crate::attr::{Attributes, Binding, Foreign, Role, ServiceArguments};

pub(crate) use event::{EventType, Proof};
pub(crate) use reply::{ReplyEnum, ReplyVariant};

/// A trait under `#[service]`.
pub(crate) struct Service {
    pub(crate) arguments: ServiceArguments,
    pub(crate) foreign: Foreign,
    pub(crate) visibility: TokenStream,
    pub(crate) ident: Ident,
    /// Empty unless the user made a mistake.
    pub(crate) generics: TokenStream,
    pub(crate) where_clause: TokenStream,
    /// With `Send + Sync`.
    pub(crate) supertraits: TokenStream,
    pub(crate) items: Vec<Item>,
    /// No generics and nothing but methods: a client can implement it.
    pub(crate) is_plain: bool,
}

/// What stands in the trait's braces.
pub(crate) enum Item {
    Method(Box<Method>),
    /// A mistake that has been reported, kept for the code around it.
    Foreign(TokenStream),
}

/// A method of the trait.
pub(crate) struct Method {
    pub(crate) foreign: Foreign,
    /// `None` for a default method.
    pub(crate) role: Option<Role>,
    /// Whether the role may be an attribute that could not be read, which has been reported.
    pub(crate) is_misspelt: bool,
    pub(crate) attributes: Attributes,
    /// The first word that only an endpoint can have.
    pub(crate) policy_word: Option<Ident>,
    pub(crate) fn_span: Span,
    pub(crate) ident: Ident,
    /// Without `r#`.
    pub(crate) name: String,
    pub(crate) is_async: bool,
    pub(crate) generics: Generics,
    pub(crate) receiver: Option<Receiver>,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) output: Option<Output>,
    /// The braces of a default method.
    pub(crate) body: Option<TokenStream>,
    /// The signature that the object-safe twin has; empty unless the service is `dyn`.
    pub(crate) erased: Option<ErasedSignature>,
}

/// The generics of a method.
#[derive(Default)]
pub(crate) struct Generics {
    /// `<'a, T: Display + Send + Sync>`
    pub(crate) parameters: TokenStream,
    pub(crate) where_clause: TokenStream,
    /// The first type or const parameter, or `impl` argument.
    pub(crate) first: Option<Span>,
}

/// `&self` and its kin.
pub(crate) struct Receiver {
    pub(crate) tokens: TokenStream,
    /// The user's `self`, whose hygiene the body needs.
    pub(crate) self_token: TokenStream,
    pub(crate) is_shared_reference: bool,
}

/// An argument of a method.
pub(crate) struct Parameter {
    pub(crate) foreign: Foreign,
    /// `None` for a pattern.
    pub(crate) ident: Option<Ident>,
    pub(crate) pattern: TokenStream,
    /// With `Send + Sync` on each `impl Trait`.
    pub(crate) ty: TokenStream,
    pub(crate) binding: Option<Binding>,
}

/// The type that a method returns.
pub(crate) struct Output {
    pub(crate) ty: TokenStream,
}

/// A method of the object-safe twin, every lifetime with a name.
pub(crate) struct ErasedSignature {
    /// The lifetime of `&self`.
    pub(crate) receiver: TokenStream,
    pub(crate) generics: TokenStream,
    /// Names of our own, each with its type.
    pub(crate) inputs: Vec<(Ident, TokenStream)>,
    pub(crate) output: TokenStream,
}

impl Service {
    pub(crate) fn methods(&self) -> impl Iterator<Item = &Method> {
        self.items.iter().filter_map(|item| match item {
            Item::Method(method) => Some(&**method),
            Item::Foreign(_) => None,
        })
    }
}

impl Parameter {
    /// The name that a placeholder or a query would have, without `r#`.
    pub(crate) fn name(&self) -> Option<String> {
        self.ident.as_ref().map(unraw)
    }
}

/// An identifier as it is sent: without `r#`.
pub(crate) fn unraw(ident: &Ident) -> String {
    let text = ident.to_string();
    match text.strip_prefix("r#") {
        Some(name) => name.to_owned(),
        None => text,
    }
}

/// The name of each method's descriptor, `__CHAT` for `chat`; no two are the same.
pub(crate) fn descriptor_names(methods: &[&Method]) -> Vec<Ident> {
    let mut taken = HashSet::new();
    methods
        .iter()
        .map(|method| {
            let mut name = format!("__{}", method.name.to_ascii_uppercase());
            while !taken.insert(name.clone()) {
                name.push('_');
            }
            Ident::new(&name, Span::call_site())
        })
        .collect()
}
