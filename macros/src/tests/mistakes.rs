//! What the errors of odd services are, where a file of its own for each would say no more.

use proc_macro2::TokenStream;
use quote::quote;

use crate::errors::Errors;
use crate::model::{EventType, Service};
use crate::{check, stages};

/// The messages that a service brings.
fn messages(arguments: TokenStream, item: TokenStream) -> Vec<String> {
    let mut errors = Errors::default();
    if let Some(service) = Service::from_syn(arguments, item, &mut errors) {
        check::service(&service, &mut errors);
    }
    errors.messages().into_iter().map(str::to_owned).collect()
}

fn messages_of_method(method: &TokenStream) -> Vec<String> {
    messages(quote!("service"), quote!(trait Service { #method }))
}

#[test]
fn every_mistake_of_a_service_is_reported_at_once() {
    let found = messages(
        quote!("a b", timout = "1s", prefix = 5),
        quote! {
            trait Service<T> {
                type Item;
                #[get("a")]
                #[timeout("1")]
                fn one(&self);
                async fn new(&self) -> Result<()>;
            }
        },
    );
    assert_eq!(found.len(), 11, "{found:#?}");
}

#[test]
fn a_mistake_in_a_path_brings_no_message_about_arguments() {
    let found = messages_of_method(&quote! {
        #[post("chat/{id}")]
        async fn chat(&self, id: u32, left: u32, right: u32) -> Result<()>;
    });
    assert_eq!(found.len(), 1, "{found:#?}");
}

#[test]
fn an_unfilled_placeholder_brings_no_message_about_leftovers() {
    let found = messages_of_method(&quote! {
        #[post("/chat/{user}")]
        async fn chat(&self, id: u32, body: u32) -> Result<()>;
    });
    assert_eq!(found.len(), 1, "{found:#?}");
}

#[test]
fn what_is_said_twice_is_one_mistake() {
    let check = |found: Vec<String>, expected: &str| {
        assert_eq!(found.len(), 1, "{expected}: {found:#?}");
        assert!(found[0].contains(expected), "{expected}: {found:#?}");
    };
    for (attribute, expected) in [
        (quote!(#[timeout("1s", "2s")]), "`#[timeout]` takes one value"),
        (
            quote!(#[idempotent(header = "A", header = "B")]),
            "duplicate argument `header` of `#[idempotent]`",
        ),
        (
            quote!(#[breaker(off, off)]),
            "duplicate argument `off` of `#[breaker]`",
        ),
        (
            quote!(#[retry(off, off)]),
            "duplicate argument `off` of `#[retry]`",
        ),
        (
            quote!(#[retry(on = [409], on = [409])]),
            "duplicate argument `on` of `#[retry]`",
        ),
        (quote!(#[none_on(404, 404)]), "duplicate status `404`"),
        (
            quote!(#[envelope(ok = [0], ok = [1])]),
            "duplicate argument `ok` of `#[envelope]`",
        ),
        (quote!(#[header("A" = "1", "A" = "2")]), "expected one header"),
    ] {
        let method = quote! { #[put("/")] #attribute async fn one(&self) -> Result<()>; };
        check(messages_of_method(&method), expected);
    }
    for word in ["path", "query", "field", "header"] {
        let attribute = quote::format_ident!("{word}");
        let method = quote! { #[put("/{a}")] async fn one(&self, a: u32, #[#attribute("a", "b")] x: u32) -> Result<()>; };
        check(
            messages_of_method(&method),
            &format!("`#[{word}]` takes one value"),
        );
    }
    for (argument, of) in [
        (quote!(prefix = "/a"), "prefix"),
        (quote!(timeout = "1s"), "timeout"),
        (quote!(retry(times = 1)), "retry"),
        (quote!(envelope), "envelope"),
        (quote!(dyn), "dyn"),
        (quote!(crate = ::a), "crate"),
    ] {
        let item = quote!(
            trait Service {
                #[get("/")]
                async fn one(&self) -> Result<()>;
            }
        );
        let found = messages(quote!("service", #argument, #argument), item);
        check(found, &format!("duplicate argument `{of}` of `#[service]`"));
    }
}

#[test]
fn a_foreign_attribute_passes_through() {
    let method = quote! {
        #[get("/")]
        #[instrument]
        #[doc = "Documented."]
        #[must_use]
        #[other::timout("1s")]
        #[cfg_attr(feature = "x", inline)]
        async fn chat(&self) -> Result<()>;
    };
    assert!(messages_of_method(&method).is_empty());
    let expansion = stages::service(quote!("service"), quote!(trait Service { #method })).to_string();
    for word in ["instrument", "Documented", "must_use", "timout", "inline"] {
        assert_eq!(
            expansion.matches(word).count(),
            1,
            "{word} belongs on the trait and nowhere else"
        );
    }
}

#[test]
fn our_attributes_are_gone_from_what_is_not_a_trait() {
    let expansion = stages::service(
        quote!("service"),
        quote! {
            impl Service {
                #[get("/")]
                #[path = "kept.rs"]
                fn chat(&self, #[query] page: u32, #[cfg(x)] y: u32) {}
            }
        },
    );
    let expansion = expansion.to_string();
    assert!(
        !expansion.contains("get") && !expansion.contains("query"),
        "{expansion}"
    );
    assert!(
        expansion.contains("kept.rs") && expansion.contains("cfg"),
        "{expansion}"
    );
}

#[test]
fn an_index_counts_the_methods_that_are_compiled() {
    let item = quote! {
        trait Service {
            #[get("/")]
            async fn first(&self) -> Result<()>;
            #[cfg(unix)]
            #[get("/")]
            async fn second(&self) -> Result<()>;
            #[get("/")]
            async fn third(&self) -> Result<()>;
        }
    };
    let expansion = stages::service(quote!("service"), item).to_string();
    let expected = quote!(1 + if ::core::cfg!(all(unix)) { 1 } else { 0 }, "third").to_string();
    assert!(expansion.contains(&expected), "{expansion}");
}

fn messages_of_event(item: TokenStream) -> Vec<String> {
    let mut errors = Errors::default();
    drop(EventType::from_syn(item, &mut errors));
    errors.messages().into_iter().map(str::to_owned).collect()
}

#[test]
fn every_mistake_of_an_event_is_reported_at_once() {
    let found = messages_of_event(quote! {
        #[event("two words", version = 0, target = "all", priority = "hig", expires = "1", vershun = 1, version = 1)]
        #[event]
        struct Event {
            #[event("a")]
            a: u32,
        }
    });
    assert_eq!(found.len(), 9, "{found:#?}");
}

#[test]
fn every_mistake_of_a_publisher_is_reported_at_once() {
    let found = messages_of_method(&quote! {
        #[publish("paid", priority = "highest", target = "")]
        #[retry(off)]
        fn paid(&self, #[json] a: &Paid, b: u32);
    });
    assert_eq!(found.len(), 7, "{found:#?}");
}

#[test]
fn a_misspelt_word_brings_no_message_about_a_missing_verb() {
    for attribute in [quote!(pubish), quote!(gte("/")), quote!(cfg_attr(x, publish))] {
        let found = messages_of_method(&quote! {
            #[#attribute]
            async fn paid(&self, event: &Paid) -> Result<()>;
        });
        assert_eq!(found.len(), 1, "{found:#?}");
    }
}

#[test]
fn a_publisher_has_no_place_among_the_endpoints() {
    let item = quote! {
        trait Service {
            #[publish]
            async fn first(&self, event: &Paid) -> Result<()>;
            #[get("/")]
            async fn second(&self) -> Result<()>;
        }
    };
    let expansion = stages::service(quote!("service"), item).to_string();
    assert!(
        expansion.contains(&quote!(0, "second").to_string()),
        "{expansion}"
    );
    assert!(
        expansion.contains(&quote!(&[&__SECOND]).to_string()),
        "{expansion}"
    );
    assert!(!expansion.contains("__FIRST"), "{expansion}");
}
