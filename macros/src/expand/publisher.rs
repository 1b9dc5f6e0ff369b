//! The methods that publish: one expression each.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::event::expand_priority;
use super::{endpoint, signature};
use crate::check::Publisher;

pub(super) fn expand_method(publisher: &Publisher<'_>, library: &TokenStream) -> TokenStream {
    let Publisher {
        method,
        publish,
        event,
    } = publisher;
    let carried = &method.foreign.carried;
    let signature = signature::calling(method, signature::named(method));
    let self_token = method.receiver.as_ref().map(|receiver| &receiver.self_token);
    let event = event
        .ident
        .as_ref()
        .map(|ident: &Ident| endpoint::reference(event, ident));
    let target = publish.target.as_ref().map(|target| quote!(.target(#target)));
    let priority = publish.priority.map(|priority| {
        let priority = expand_priority(priority, library);
        quote!(.priority(#priority))
    });
    let send = endpoint::expand_send(method);
    quote! {
        #carried
        #signature {
            #library::__private::publish(&#self_token.__service, #event) #target #priority #send
        }
    }
}
