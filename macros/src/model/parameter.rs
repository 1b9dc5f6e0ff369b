//! From an argument's syntax to [`Parameter`].

use quote::ToTokens;
use syn::{Pat, PatIdent, PatType};

use super::Parameter;
use crate::attr::ParameterAttributes;
use crate::errors::Errors;

impl Parameter {
    /// A method without a body has plain names; a default method may have any pattern.
    pub(super) fn from_syn(written: &PatType, is_declaration: bool, errors: &mut Errors) -> Self {
        let read = ParameterAttributes::from_syn(&written.attrs, errors);
        let ident = match &*written.pat {
            Pat::Ident(PatIdent {
                by_ref: None,
                mutability: None,
                subpat: None,
                ident,
                ..
            }) => Some(ident.clone()),
            pattern => {
                if is_declaration {
                    errors.push(
                        pattern,
                        "a pattern has no name to send; expected a plain name, such as `id: &str`",
                    );
                }
                None
            }
        };
        Self {
            foreign: read.foreign,
            ident,
            pattern: written.pat.to_token_stream(),
            ty: written.ty.to_token_stream(),
            binding: read.binding,
        }
    }
}
