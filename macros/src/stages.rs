//! The stages in their order: attr and model, check, expand.

use proc_macro2::TokenStream;
use quote::quote;

use crate::errors::Errors;
use crate::model::{EventType, ReplyEnum, Service};
use crate::{attr, check, expand};

/// `#[service(arguments)] item`
pub(crate) fn service(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Some(service) = Service::from_syn(arguments, item.clone(), &mut errors) else {
        let (item, mistakes) = (attr::clean(item), errors.finish());
        return quote!(#item #mistakes);
    };
    let methods = check::service(&service, &mut errors);
    match errors.finish() {
        None => expand::service(&service, &methods),
        Some(mistakes) => {
            let fallback = expand::fallback(&service);
            quote!(#fallback #mistakes)
        }
    }
}

/// `#[derive(FromReply)] item`
pub(crate) fn from_reply(item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Some(reply) = ReplyEnum::from_syn(item, &mut errors) else {
        return errors.finish().unwrap_or_default();
    };
    check::reply(&reply, &mut errors);
    match errors.finish() {
        None => expand::from_reply(&reply),
        Some(mistakes) => {
            let fallback = expand::from_reply_fallback(&reply);
            quote!(#fallback #mistakes)
        }
    }
}

/// `#[derive(Event)] item`
pub(crate) fn event(item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let Some(event) = EventType::from_syn(item, &mut errors) else {
        return errors.finish().unwrap_or_default();
    };
    match errors.finish() {
        None => expand::event(&event),
        Some(mistakes) => {
            let fallback = expand::event_fallback(&event);
            quote!(#fallback #mistakes)
        }
    }
}
