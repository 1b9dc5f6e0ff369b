//! `Dyn{Trait}`: a handle over any implementation, through an object-safe twin of the trait.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::signature;
use crate::model::{ErasedSignature, Method, Service};

/// The handle and the twin, when the service asks for them and a mistake does not make them impossible.
pub(super) fn expand_types(service: &Service) -> TokenStream {
    if !is_erasable(service) {
        return TokenStream::new();
    }
    let twin = expand_twin(service);
    let handle = expand_handle(service);
    quote!(#twin #handle)
}

/// What the types implement.
pub(super) fn expand_impls(service: &Service) -> TokenStream {
    if !is_erasable(service) {
        return TokenStream::new();
    }
    let twin = expand_twin_impl(service);
    let handle = expand_handle_impls(service);
    quote!(#twin #handle)
}

fn is_erasable(service: &Service) -> bool {
    let has_twins = service
        .methods()
        .all(|method| method.body.is_some() || method.erased.is_some());
    service.arguments.erased && service.is_plain && has_twins
}

fn twin_ident(service: &Service) -> Ident {
    format_ident!("__Erased{}", service.ident)
}

/// The twin's names differ from the trait's, so that no call is ambiguous.
fn twin_method(method: &Method) -> Ident {
    format_ident!("__{}", method.name)
}

fn erased_methods(service: &Service) -> impl Iterator<Item = (&Method, &ErasedSignature)> {
    service
        .methods()
        .filter_map(|method| Some((method, method.erased.as_ref()?)))
}

fn expand_twin(service: &Service) -> TokenStream {
    let twin = twin_ident(service);
    let carried = &service.foreign.carried;
    let methods = erased_methods(service).map(|(method, erased)| {
        let signature = expand_signature(method, erased, &service.arguments.library);
        let carried = &method.foreign.carried;
        quote!(#carried #signature;)
    });
    quote! {
        #carried
        #[doc(hidden)]
        trait #twin: ::core::marker::Send + ::core::marker::Sync {
            #(#methods)*
        }
    }
}

/// Every implementation of the trait has the twin.
fn expand_twin_impl(service: &Service) -> TokenStream {
    let twin = twin_ident(service);
    let Service { ident, foreign, .. } = service;
    let carried = &foreign.carried;
    let methods = erased_methods(service).map(|(method, erased)| expand_forward(service, method, erased));
    quote! {
        #carried
        impl<__Service: #ident> #twin for __Service {
            #(#methods)*
        }
    }
}

fn expand_signature(method: &Method, erased: &ErasedSignature, library: &TokenStream) -> TokenStream {
    let ErasedSignature {
        receiver,
        generics,
        inputs,
        output,
    } = erased;
    let name = twin_method(method);
    let where_clause = &method.generics.where_clause;
    let inputs = inputs.iter().map(|(name, ty)| quote!(#name: #ty));
    let output = if method.is_async {
        quote!(#library::__private::BoxFuture<'__call, #output>)
    } else {
        output.clone()
    };
    quote!(fn #name #generics (&#receiver self #(, #inputs)*) -> #output #where_clause)
}

fn expand_forward(service: &Service, method: &Method, erased: &ErasedSignature) -> TokenStream {
    let library = &service.arguments.library;
    let (ident, name) = (&service.ident, &method.ident);
    let carried = &method.foreign.carried;
    let signature = expand_signature(method, erased, library);
    let arguments = erased.inputs.iter().map(|(name, _)| name);
    let call = quote!(<Self as #ident>::#name(self #(, #arguments)*));
    let body = if method.is_async {
        quote!(#library::__private::boxed(#call))
    } else {
        call
    };
    quote! {
        #carried
        #signature {
            #body
        }
    }
}

fn handle_ident(service: &Service) -> Ident {
    format_ident!("Dyn{}", service.ident)
}

fn expand_handle(service: &Service) -> TokenStream {
    let (handle, twin) = (handle_ident(service), twin_ident(service));
    let Service {
        arguments,
        foreign,
        visibility,
        ident,
        ..
    } = service;
    let (library, carried) = (&arguments.library, &foreign.carried);
    let doc =
        format!(" Any implementation of [`{ident}`] behind one type; a clone is a handle to the same one.");
    quote! {
        #carried
        #[doc = #doc]
        #[derive(::core::clone::Clone)]
        #visibility struct #handle {
            __service: #library::__private::Arc<dyn #twin>,
        }
    }
}

fn expand_handle_impls(service: &Service) -> TokenStream {
    let handle = handle_ident(service);
    let Service {
        arguments,
        foreign,
        visibility,
        ident,
        ..
    } = service;
    let (library, carried) = (&arguments.library, &foreign.carried);
    let name = handle.to_string();
    let methods = erased_methods(service).map(|(method, _)| expand_call(method));
    quote! {
        #carried
        impl #handle {
            /// Wraps an implementation: the client, or a fake in a test.
            #visibility fn new(service: impl #ident + 'static) -> Self {
                Self { __service: #library::__private::Arc::new(service) }
            }
        }

        #carried
        impl ::core::fmt::Debug for #handle {
            fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                formatter.write_str(#name)
            }
        }

        #carried
        impl #ident for #handle {
            #(#methods)*
        }
    }
}

fn expand_call(method: &Method) -> TokenStream {
    let carried = &method.foreign.carried;
    let signature = signature::asynchronous(method, signature::numbered(method));
    let name = twin_method(method);
    let self_token = method.receiver.as_ref().map(|receiver| &receiver.self_token);
    let arguments = (0..method.parameters.len()).map(signature::number);
    let wait = method.is_async.then(|| quote!(.await));
    quote! {
        #carried
        #signature {
            #self_token.__service.#name(#(#arguments),*) #wait
        }
    }
}
