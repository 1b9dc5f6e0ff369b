//! Attributes of a descriptor, and those that a method carries along.

use proc_macro2::TokenStream;
use quote::quote;

use crate::attr::Attributes;
use crate::attr::envelope::{Envelope, EnvelopeKeys};
use crate::attr::retry::{Backoff, Retry, RetryPolicy};
use crate::model::Method;

/// `#[cfg(…)]` of the method.
pub(super) fn conditions(method: &Method) -> TokenStream {
    method
        .foreign
        .conditions
        .iter()
        .map(|condition| quote!(#[cfg(#condition)]))
        .collect()
}

/// `Attributes::new().timeout(2000)`
pub(super) fn expand(attributes: &Attributes, library: &TokenStream) -> TokenStream {
    let settings = [
        headers(attributes),
        attributes.timeout.map(|timeout| call("timeout", timeout.value)),
        attributes
            .attempt_timeout
            .map(|timeout| call("attempt_timeout", timeout.value)),
        attributes
            .retry
            .as_ref()
            .map(|retry| expand_retry(retry, library)),
        attributes.breaker_off.then(|| quote!(.breaker_off())),
        attributes
            .idempotent
            .as_ref()
            .map(|header| quote!(.idempotent(#header))),
        attributes
            .none_on
            .as_ref()
            .map(|statuses| call_list("none_on", &statuses.value)),
        attributes
            .envelope
            .as_ref()
            .map(|envelope| expand_envelope(envelope, library)),
    ];
    let settings = settings.into_iter().flatten();
    quote!(#library::__private::Attributes::new() #(#settings)*)
}

fn headers(attributes: &Attributes) -> Option<TokenStream> {
    if attributes.headers.is_empty() {
        return None;
    }
    let pairs = attributes.headers.iter().map(|header| {
        let (name, value) = (&header.name, &header.value);
        quote!((#name, #value))
    });
    Some(quote!(.headers(&[#(#pairs),*])))
}

fn expand_retry(retry: &Retry, library: &TokenStream) -> TokenStream {
    let policy = match retry {
        Retry::Off => return quote!(.retry_off()),
        Retry::On(policy) => policy,
    };
    let RetryPolicy {
        times,
        backoff,
        delay,
        max_delay,
        on,
    } = policy;
    let times = times.map(|times| {
        let times = proc_macro2::Literal::u32_unsuffixed(times);
        quote!(.retry_times(#times))
    });
    let backoff = backoff.map(|backoff| expand_backoff(backoff, library));
    let delay = delay.map(|delay| call("retry_delay", delay.value));
    let max_delay = max_delay.map(|delay| call("retry_max_delay", delay.value));
    let on = on.as_ref().map(|statuses| call_list("retry_on", &statuses.value));
    quote!(#times #backoff #delay #max_delay #on)
}

fn expand_backoff(backoff: Backoff, library: &TokenStream) -> TokenStream {
    let variant = match backoff {
        Backoff::Exponential => quote!(Exponential),
        Backoff::Linear => quote!(Linear),
        Backoff::Fixed => quote!(Fixed),
    };
    quote!(.retry_backoff(#library::Backoff::#variant))
}

fn expand_envelope(envelope: &Envelope, library: &TokenStream) -> TokenStream {
    let keys = match envelope {
        Envelope::Off => return quote!(.envelope_off()),
        Envelope::Known => return quote!(.envelope()),
        Envelope::Custom(keys) => keys,
    };
    let EnvelopeKeys {
        data,
        code,
        message,
        ok,
    } = keys;
    let [data, code, message] = [data, code, message].map(|key| option(key.as_ref().map(|key| quote!(#key))));
    let ok = option(ok.as_ref().map(|codes| quote!(&[#(#codes),*])));
    quote! {
        .envelope_custom(#library::__private::EnvelopeKeys {
            data: #data, code: #code, message: #message, ok: #ok
        })
    }
}

fn option(value: Option<TokenStream>) -> TokenStream {
    value.map_or_else(
        || quote!(::core::option::Option::None),
        |value| quote!(::core::option::Option::Some(#value)),
    )
}

fn call(name: &str, milliseconds: u64) -> TokenStream {
    let name = quote::format_ident!("{name}");
    let milliseconds = proc_macro2::Literal::u64_unsuffixed(milliseconds);
    quote!(.#name(#milliseconds))
}

fn call_list(name: &str, statuses: &[u16]) -> TokenStream {
    let name = quote::format_ident!("{name}");
    let statuses = statuses.iter().copied().map(proc_macro2::Literal::u16_unsuffixed);
    quote!(.#name(&[#(#statuses),*]))
}
