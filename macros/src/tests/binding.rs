//! Where arguments go.

use proc_macro2::TokenStream;
use quote::quote;

use crate::check::{Target, service};
use crate::errors::Errors;
use crate::model::Service;

/// The arguments of the only endpoint, in the order in which the call takes them.
fn bound(method: &TokenStream) -> Vec<(String, Target)> {
    let mut errors = Errors::default();
    let item = quote!(trait Service { #method });
    let written = Service::from_syn(quote!("service"), item, &mut errors).unwrap();
    let endpoints = service(&written, &mut errors).endpoints;
    assert_eq!(errors.messages(), [""; 0]);
    let arguments = &endpoints[0].arguments;
    arguments
        .iter()
        .map(|argument| (argument.parameter.name().unwrap(), argument.target.clone()))
        .collect()
}

fn check(method: &TokenStream, expected: &[(&str, Target)]) {
    let expected: Vec<_> = expected
        .iter()
        .map(|(name, target)| ((*name).to_owned(), target.clone()))
        .collect();
    assert_eq!(bound(method), expected, "{method}");
}

fn query(name: &str) -> Target {
    Target::Query(name.to_owned())
}

#[test]
fn fills_the_path_in_its_order() {
    check(
        &quote! {
            #[get("/{a}/{b?}/{c*}")]
            async fn get(&self, c: &str, #[path("a")] first: u32, b: Option<u32>) -> Result<()>;
        },
        &[
            ("first", Target::Path),
            ("b", Target::OptionalPath),
            ("c", Target::Path),
        ],
    );
}

#[test]
fn sends_the_leftovers_of_a_method_without_body_in_the_query() {
    for verb in ["get", "head", "delete", "options"] {
        let verb = quote::format_ident!("{verb}");
        check(
            &quote!(#[#verb("/{id}")] async fn get(&self, page: u32, id: u32, r#type: &str) -> Result<()>;),
            &[
                ("id", Target::Path),
                ("page", query("page")),
                ("type", query("type")),
            ],
        );
    }
}

#[test]
fn sends_one_leftover_of_a_method_with_body_as_json() {
    for verb in ["post", "put", "patch"] {
        let verb = quote::format_ident!("{verb}");
        check(
            &quote!(#[#verb("/{id}")] async fn send(&self, body: &B, id: u32, #[query("p")] page: u32) -> Result<()>;),
            &[("id", Target::Path), ("page", query("p")), ("body", Target::Json)],
        );
    }
}

#[test]
fn an_attribute_says_anything_else() {
    check(
        &quote! {
            #[request("PURGE", "/")]
            async fn purge(
                &self, #[field] a: u32, #[header("X-B")] b: &str, #[field("d")] c: u32, #[query] e: u32,
            ) -> Result<()>;
        },
        &[
            ("e", query("e")),
            ("b", Target::Header("X-B".to_owned())),
            ("a", Target::Field("a".to_owned())),
            ("c", Target::Field("d".to_owned())),
        ],
    );
    check(
        &quote!(
            #[delete("/")]
            async fn delete(&self, #[json] ids: &[u32]) -> Result<()>;
        ),
        &[("ids", Target::Json)],
    );
    check(
        &quote!(
            #[post("/")]
            async fn form(&self, #[form] form: &F) -> Result<()>;
        ),
        &[("form", Target::Form)],
    );
    check(
        &quote!(
            #[put("/")]
            async fn raw(&self, #[body] raw: Vec<u8>) -> Result<()>;
        ),
        &[("raw", Target::Body)],
    );
}
