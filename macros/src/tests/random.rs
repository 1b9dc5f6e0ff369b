//! No panic on any input: random literals, random arguments, and services cut, swapped and mended at random.

use std::iter;

use proc_macro2::{Delimiter, Group, Literal, TokenStream, TokenTree};
use quote::quote;

use crate::{duration, stages, template};

/// A generator of numbers that is the same on every run (xorshift64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound.max(1)).unwrap()).unwrap()
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }

    fn text(&mut self, alphabet: &[char], longest: usize) -> String {
        let length = self.below(longest);
        iter::repeat_with(|| self.pick(alphabet)).take(length).collect()
    }
}

const LETTERS: &[char] = &[
    '/', '/', '{', '}', '{', '}', '*', '?', '#', '%', '.', '-', '_', ' ', 'a', 'b', 'm', 's', 'h', '0', '1',
    '9', '"', '\\', '\n', '\0', 'é', '🦀', '\u{301}', '\u{202e}', '_', ':', '=', '&',
];

#[test]
fn no_text_is_too_odd_for_a_path() {
    let mut random = Random(1);
    for _ in 0..1_000_000 {
        let text = random.text(LETTERS, 24);
        if let Ok(template) = template::Template::parse(&text) {
            assert_eq!(template.text, text);
            assert!(text.starts_with('/'));
        }
    }
}

#[test]
fn no_text_is_too_odd_for_a_duration() {
    let mut random = Random(2);
    for _ in 0..1_000_000 {
        let text = random.text(&['0', '1', '2', '9', 'm', 's', 'h', ' ', '-', '.', 'é', '\0'], 24);
        if let Ok(milliseconds) = duration::parse(&text, duration::LONGEST_WAIT) {
            assert!((1..=86_400_000).contains(&milliseconds), "{text}");
        }
    }
}

/// Tokens that the grammar knows, and some that it does not.
fn vocabulary() -> Vec<TokenTree> {
    let words = quote! {
        get post put patch delete head options request publish event target priority version expires timeout attempt_timeout retry idempotent breaker header none_on
        envelope path query json field form body prefix dyn crate times backoff delay max_delay on off data code message
        ok trait async fn self mut impl where for pub unsafe const type struct enum extern ref static cfg cfg_attr allow
        doc r#type r#fn _ Self super T U 'a 'static Result Option u32 str Sized Send status other reply
        "high" "all" "24h" "/a" "/{id}" "/{id?}" "/{rest*}" "a" "" "2s" "0s" "X-A" "{" 404 0 -1 1.5 "x"u8 'c' b"x" true 99999999999999999999
        & + - * / = == : :: ; , . ... -> => < > ? ! # @ | $
        () [] {} (x) [get] [get("/")] [timeout("2s")] [json] [cfg(x)] (&self) ("N" = "v") [409] (times = 1)
    };
    words.into_iter().collect()
}

/// Changes one token, here or in a group.
fn mutate(tokens: TokenStream, vocabulary: &[TokenTree], random: &mut Random) -> TokenStream {
    let mut tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let index = random.below(tokens.len());
    if let (Some(TokenTree::Group(group)), true) = (tokens.get(index), random.below(4) > 0) {
        let inside = mutate(group.stream(), vocabulary, random);
        tokens[index] = Group::new(group.delimiter(), inside).into();
        return tokens.into_iter().collect();
    }
    let other = random.below(tokens.len());
    match (random.below(6), tokens.is_empty()) {
        (0, false) => drop(tokens.remove(index)),
        (1, false) => tokens[index] = random.pick(vocabulary),
        (2, false) => tokens.swap(index, other),
        (3, false) => tokens.insert(index, tokens[other].clone()),
        (4, false) if matches!(tokens[index], TokenTree::Literal(_)) => {
            tokens[index] = Literal::string(&random.text(LETTERS, 12)).into();
        }
        _ => tokens.insert(index, random.pick(vocabulary)),
    }
    tokens.into_iter().collect()
}

fn several(tokens: &TokenStream, vocabulary: &[TokenTree], random: &mut Random) -> TokenStream {
    (0..=random.below(4)).fold(tokens.clone(), |tokens, _| mutate(tokens, vocabulary, random))
}

fn services() -> Vec<TokenStream> {
    vec![
        quote! {
            pub trait A {
                #[post("/a/{id}")]
                #[timeout("2s")]
                #[retry(times = 3, backoff = "fixed", on = [409])]
                #[idempotent(header = "X")]
                async fn a<'a, T: B>(&'a self, id: &str, body: &T, #[query("q")] q: Option<impl C>) -> Result<D<'_>>
                where T: ?Sized;
            }
        },
        quote! {
            trait B: C + 'static {
                #[request("PURGE", "/{rest*}")]
                #[header("N" = "v")]
                #[none_on(404)]
                #[envelope(data = "d", ok = [0, "1"])]
                async fn b(&self, rest: &[&str], #[header("X")] x: Cow<'_, (dyn F<'_> + '_)>, #[body] b: Vec<u8>) -> R;
                async fn c(&self, (x, mut y): (u32, &u32)) -> R { self.b(x).await }
                fn d() -> u32 { 1 }
            }
        },
        quote! {
            trait D {
                #[publish(priority = "high", target = "a")]
                #[cfg(x)]
                async fn a<E: F + ?Sized>(&self, event: &E) -> R;
                #[publish]
                async fn b(&self, event: Cow<'_, G>) -> R;
            }
        },
        quote! {
            trait C<T> where T: D {
                type E: F;
                const G: u32;
                m!();
                #[get("/{a?}")]
                #[cfg(x)]
                async fn c(&self, #[path("a")] b: Option<fn(&str) -> &str>, #[json] j: [*const u8; 2]) -> R;
            }
        },
    ]
}

fn arguments() -> TokenStream {
    quote! {
        "s", prefix = "/a", header("N" = "v"), envelope(data = "d"), timeout = "2s", retry(times = 1, on = [409]), dyn,
        crate = ::a::b
    }
}

fn reply() -> TokenStream {
    quote! {
        #[reply(crate = ::a::b)]
        enum R<T> where T: U {
            #[status(201, 202)]
            A(T),
            #[status(404)]
            #[cfg(x)]
            B,
            #[status(other)]
            C(D),
        }
    }
}

fn events() -> Vec<TokenStream> {
    vec![
        quote! {
            #[event("e", version = 2, target = "a", priority = "high", expires = "24h", crate = ::a::b)]
            #[serde(tag = "t")]
            pub struct E<'a, T: U = u32, const N: usize = 1> where T: 'a {
                a: &'a [T; N],
            }
        },
        quote! {
            #[event("e")]
            enum E<'a> {
                A(&'a str),
                #[cfg(x)]
                B { c: u32 },
                C = 1,
            }
        },
        quote! {
            #[event("e", expires = "1ms")]
            struct E;
        },
    ]
}

#[test]
fn no_event_is_too_odd() {
    let (vocabulary, events) = (vocabulary(), events());
    let mut random = Random(6);
    for _ in 0..40_000 {
        let item = several(&random.pick(&events), &vocabulary, &mut random);
        let expansion = stages::event(item.clone());
        if let Err(error) = syn::parse2::<syn::File>(expansion.clone()) {
            panic!("{error}\n{item}\n{expansion}");
        }
    }
}

#[test]
fn no_service_is_too_odd() {
    let (vocabulary, services, arguments) = (vocabulary(), services(), arguments());
    let mut random = Random(3);
    for round in 0..12_000 {
        let mut item = random.pick(&services);
        let mut words = arguments.clone();
        match round % 3 {
            0 => words = several(&arguments, &vocabulary, &mut random),
            _ => item = several(&item, &vocabulary, &mut random),
        }
        check_expansion(&words, &item);
    }
}

/// What the compiler gets from a trait is a list of items, whatever is wrong with it.
fn check_expansion(arguments: &TokenStream, item: &TokenStream) {
    let expansion = stages::service(arguments.clone(), item.clone());
    let is_trait = syn::parse2::<syn::ItemTrait>(item.clone()).is_ok();
    if let (true, Err(error)) = (is_trait, syn::parse2::<syn::File>(expansion.clone())) {
        panic!("{error}\n{arguments}\n{item}\n{expansion}");
    }
}

#[test]
fn no_reply_is_too_odd() {
    let (vocabulary, reply) = (vocabulary(), reply());
    let mut random = Random(4);
    for _ in 0..40_000 {
        drop(stages::from_reply(several(&reply, &vocabulary, &mut random)));
    }
}

#[test]
fn no_tokens_are_too_odd() {
    let vocabulary = vocabulary();
    let mut random = Random(5);
    for _ in 0..40_000 {
        let mut soup = || -> TokenStream {
            let length = random.below(12);
            let tokens = iter::repeat_with(|| random.pick(&vocabulary))
                .take(length)
                .collect();
            Group::new(Delimiter::None, tokens).stream()
        };
        let (arguments, attribute, inputs) = (soup(), soup(), soup());
        let item = quote!(trait A { #[get("/")] #[#attribute] async fn a(#inputs) -> R; });
        drop(stages::service(arguments, item.clone()));
        drop(stages::service(inputs, attribute));
    }
}
