//! The expansions, as files to read: `golden/*.snap`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{ImplItem, Item};

use crate::stages;

/// The example of the README.
fn example() -> TokenStream {
    let item = quote! {
        pub trait ModelService {
            /// Asks the model for one completion.
            #[post("/api/v1/chat")]
            async fn chat(&self, request: &ChatRequest) -> Result<ChatReply>;

            #[get("/api/v1/models/{id}")]
            #[timeout("2s")]
            async fn model(&self, id: &str) -> Result<Model>;
        }
    };
    stages::service(quote!("model-service"), item)
}

/// A bit of everything.
fn wide() -> TokenStream {
    let arguments = quote! {
        "order-service", prefix = "/api/v1", header("X-Client" = "golden"), timeout = "30s", envelope,
        retry(times = 3, backoff = "linear", delay = "100ms", max_delay = "5s"), dyn, crate = ::my::trunkline
    };
    let item = quote! {
        /// Orders.
        #[deprecated]
        pub(crate) trait OrderService: Named {
            #[get("/orders/{id}/{part?}")]
            #[none_on(404, 410)]
            #[attempt_timeout("500ms")]
            async fn get<'a>(&self, id: &'a str, part: Option<u32>) -> Result<Option<Order<'a>>>;

            #[cfg(feature = "write")]
            #[allow(clippy::too_many_arguments)]
            #[put("/orders/{id}")]
            #[envelope(data = "result", ok = [0, "0000"])]
            async fn put(&self, id: u64, #[field] r#type: &str, #[header("X-Tenant")] tenant: Cow<'_, str>) -> Result<()>;

            #[request("PURGE", "/cache/{rest*}")]
            #[idempotent(header = "X-Key")]
            #[retry(on = [409])]
            #[breaker(off)]
            #[header("X-Reason" = "golden")]
            async fn purge(&self, rest: &str, #[query("page_size")] size: u32, #[body] body: Vec<u8>) -> Result<()>;

            async fn both(&self, (left, right): (u64, u64)) -> Result<()> {
                self.put(left, "a", "b".into()).await?;
                self.put(right, "a", "b".into()).await
            }
        }
    };
    stages::service(arguments, item)
}

fn generic() -> TokenStream {
    let item = quote! {
        trait Search {
            #[post("/search/{kind}")]
            async fn search<Q>(&self, kind: impl Display, query: &Q, tags: &impl Serialize) -> Result<Vec<Hit>>
            where
                Q: Serialize + ?Sized;
        }
    };
    stages::service(quote!("search"), item)
}

fn reply() -> TokenStream {
    stages::from_reply(quote! {
        enum Created<T> {
            #[status(200, 201)]
            Created(User<T>),
            #[status(404)]
            Missing,
            #[status(409)]
            Conflict(Problem),
        }
    })
}

fn reply_with_other() -> TokenStream {
    stages::from_reply(quote! {
        #[reply(crate = ::my::trunkline)]
        enum Created {
            #[status(201)]
            Created(User),
            #[status(other)]
            Other(Reply<Raw>),
        }
    })
}

/// A service with a call and methods that publish.
fn publishers() -> TokenStream {
    let item = quote! {
        pub trait Knowledge {
            /// For the knowledge service.
            #[publish]
            async fn chat_completed(&self, event: &ChatCompleted) -> Result<Receipt>;

            #[get("/facts/{id}")]
            async fn fact(&self, id: u64) -> Result<Fact>;

            #[cfg(feature = "audit")]
            #[publish(priority = "critical", target = "audit-service")]
            async fn looked_at<'a>(&self, event: LookedAt<'a>) -> Result<()>;
        }
    };
    stages::service(quote!("knowledge-service"), item)
}

fn event() -> TokenStream {
    stages::event(quote! {
        #[event("chat_completed")]
        pub struct ChatCompleted {
            pub user_id: String,
        }
    })
}

fn event_with_all() -> TokenStream {
    stages::event(quote! {
        #[event("said", version = 2, target = "agent-service", priority = "high", expires = "24h", crate = ::my::trunkline)]
        enum Said<'a, 'b: 'a> where 'b: 'static {
            Text(&'a str, &'b str),
        }
    })
}

fn event_of_any() -> TokenStream {
    stages::event(quote! {
        #[event("changed")]
        struct Changed<T: Clone, const N: usize = 1> where T: Copy {
            to: [T; N],
        }
    })
}

/// One mistake: the trait is kept, and a client of the same shape.
fn mistaken() -> TokenStream {
    let item = quote! {
        pub trait ModelService {
            #[get("api/v1/models/{id}")]
            async fn model(&self, id: &str) -> Result<Model>;
        }
    };
    stages::service(quote!("model-service", dyn), item)
}

fn parse(tokens: TokenStream) -> syn::File {
    syn::parse2(tokens).expect("an expansion is a list of items")
}

#[test]
fn expansions_stay_as_they_are() {
    let expansions = [
        ("example", example()),
        ("wide", wide()),
        ("generic", generic()),
        ("reply", reply()),
        ("reply_with_other", reply_with_other()),
        ("publishers", publishers()),
        ("event", event()),
        ("event_with_all", event_with_all()),
        ("event_of_any", event_of_any()),
        ("mistaken", mistaken()),
    ];
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../golden");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for (name, tokens) in expansions {
            insta::assert_snapshot!(name, prettyplease::unparse(&parse(tokens)));
        }
    });
}

/// The signature and the body of each method that the expansion implements for a client.
fn client_methods(tokens: TokenStream) -> Vec<(String, [usize; 2])> {
    let constant = parse(tokens).items.into_iter().find_map(|item| match item {
        Item::Const(constant) => Some(constant),
        _ => None,
    });
    let syn::Expr::Block(block) = *constant.expect("the implementations are in a constant").expr else {
        panic!("the constant is a block");
    };
    let items = block
        .block
        .stmts
        .into_iter()
        .filter_map(|statement| match statement {
            syn::Stmt::Item(Item::Impl(item)) if is_client(&item) => Some(item),
            _ => None,
        });
    items
        .flat_map(|item| {
            item.items
                .clone()
                .into_iter()
                .filter_map(move |method| measure(&item, method))
        })
        .collect()
}

fn is_client(item: &syn::ItemImpl) -> bool {
    let ty = &item.self_ty;
    item.trait_.is_some() && quote!(#ty).to_string().ends_with("Client")
}

/// Prints the implementation with this method alone, at the depth that it has in the expansion.
fn measure(item: &syn::ItemImpl, method: ImplItem) -> Option<(String, [usize; 2])> {
    let ImplItem::Fn(mut method) = method else {
        return None;
    };
    method.attrs.clear();
    let mut item = item.clone();
    item.items = vec![ImplItem::Fn(method.clone())];
    let printed = prettyplease::unparse(&parse(quote!(const _: () = { #item };)));
    let lines: Vec<&str> = printed.lines().map(str::trim).collect();
    let start = lines.iter().position(|line| line.starts_with("fn "))?;
    let open = start + lines[start..].iter().position(|line| line.ends_with('{'))?;
    let close = lines.len() - 3;
    Some((method.sig.ident.to_string(), [open + 1 - start, close - open]))
}

#[test]
fn a_method_is_a_few_lines() {
    for (name, [signature, body]) in client_methods(example()) {
        assert!(signature + body <= 6, "{name}: {signature} + {body}");
    }
    for (name, [signature, body]) in client_methods(wide()) {
        assert!(signature <= 6 && body <= 6, "{name}: {signature}, {body}");
    }
    for (name, [signature, body]) in client_methods(publishers()) {
        assert!(signature <= 6 && body <= 6, "{name}: {signature}, {body}");
    }
    assert_eq!(client_methods(publishers()).len(), 3);
    assert_eq!(client_methods(example()).len(), 2);
    assert_eq!(client_methods(wide()).len(), 3);
}
