//! No secret is in anything that is shown.

use std::fmt::Debug;

use serde_json::json;
use trunkline::context::{self, Context};
use trunkline::testing::{Script, Step};
use trunkline::{CallOptions, Client, ClientBuilder, Reply, Result, ServiceConfig, service};
use trunkline_tests::scripted::{self, A};
use trunkline_tests::traces;

use super::file;

/// Part of every secret.
const SECRET: &str = "hunter2";

#[service("vault", dyn)]
trait Vault {
    #[post("/open/{id}")]
    #[idempotent]
    async fn open(
        &self,
        id: &str,
        #[header("X-Pass")] pass: &str,
        #[query] token: &str,
        #[json] body: &str,
    ) -> Result<Reply<()>>;
}

fn builder(script: &Script) -> Result<ClientBuilder> {
    let text = format!(
        "[defaults]\nheaders = {{ X-D = \"{SECRET}-d\" }}\n[services.vault]\nurl = \"{A}\"\napi_key = \"{SECRET}-f\"\n\
         headers = {{ X-F = \"{SECRET}-f\" }}\n[services.vault.endpoints.open]\nheaders = {{ X-E = \"{SECRET}-e\" }}\n"
    );
    let config = ServiceConfig::new()
        .api_key_and_secret(format!("{SECRET}-k"), format!("{SECRET}-s"))
        .header("x-c", format!("{SECRET}-c"));
    scripted::builder(script)
        .service("vault", config)
        .file(file("secrets", &text))?
        .env_from([
            ("VAULT_API_KEY", "hunter2-env"),
            ("MESSAGING_URL", "amqp://user:hunter2@broker"),
        ])
}

/// All that can be printed of a client, its parts and its outcomes.
async fn shown(script: &Script) -> Result<Vec<String>> {
    let builder = builder(script)?;
    let mut shown = vec![debug(&builder)];
    let client: Client = builder.build()?;
    client.configure("vault", |service| service.header("x-r", format!("{SECRET}-r")))?;
    let options = CallOptions::new()
        .header("x-o", format!("{SECRET}-o"))
        .idempotency_key(format!("{SECRET}-i"));
    let vault = VaultClient::new(&client).with(options.clone());
    let call = client
        .service("vault")
        .get("/{id}")
        .path("id", SECRET)
        .query("q", SECRET)
        .header("x-h", SECRET);
    shown.extend([
        debug(&client),
        debug(&options),
        debug(&vault),
        debug(vault.service()),
        debug(&call),
    ]);
    shown.push(debug(&DynVault::new(vault.clone())));
    let context = Context::new().with_baggage(&format!("user={SECRET}"));
    for _ in 0..4 {
        let call = vault.open(SECRET, SECRET, SECRET, SECRET);
        match context::scope(context.clone(), call).await {
            Ok(reply) => shown.push(debug(&reply)),
            Err(error) => shown.push(format!("{error} {}", debug(&error))),
        }
    }
    shown.push(debug(&client.service("vault").health().await));
    shown.extend([debug(&context), debug(&client.metrics())]);
    shown.push(serde_json::to_string(&client.metrics()).expect("plain data"));
    Ok(shown)
}

fn debug(value: &impl Debug) -> String {
    format!("{value:?} {value:#?}")
}

#[tokio::test(start_paused = true)]
async fn no_secret_is_in_anything_that_is_shown_or_traced() -> Result<()> {
    let steps = [
        Step::reply(204).header("set-cookie", "session=hunter2"),
        Step::json(403, &json!({ "detail": "no" })).header("x-echo", "hunter2"),
        Step::close(),
        Step::reply(503),
        Step::refuse(),
    ];
    let script = Script::new().instance(A, steps);
    traces::start();
    let shown = shown(&script).await?;
    let sent = &script.requests()[0];
    for (name, secret) in [
        ("x-api-key", "hunter2-env"),
        ("x-api-secret", "hunter2-s"),
        ("x-c", "hunter2-c"),
        ("x-d", "hunter2-d"),
        ("x-e", "hunter2-e"),
        ("x-f", "hunter2-f"),
        ("x-o", "hunter2-o"),
        ("x-r", "hunter2-r"),
        ("x-pass", "hunter2"),
        ("idempotency-key", "hunter2-i"),
        ("baggage", "user=hunter2"),
    ] {
        assert_eq!(sent.header(name), Some(secret), "it is really sent");
    }
    for text in &shown {
        assert!(!text.contains(SECRET), "{text}");
    }
    let traces = traces::seen();
    assert!(traces.len() > 10, "{traces:?}");
    for trace in traces {
        assert!(!format!("{trace:?}").contains(SECRET), "{trace:?}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn no_secret_of_an_address_is_in_anything_that_is_shown() -> Result<()> {
    for address in [
        "http://user:hunter2@h:1",
        "http://h:1/?token=hunter2",
        "http://h:1/#hunter2",
    ] {
        let script = Script::new().instance(A, Step::reply(204));
        let client = scripted::builder(&script).build()?;
        let typed = VaultClient::at(&client, address);
        let options = CallOptions::new().base_url(address);
        let call = client.service("vault").get("/x").base_url(address);
        let mut shown = vec![
            debug(&typed),
            debug(typed.service()),
            debug(&options),
            debug(&call),
        ];
        shown.push(debug(&client.service("vault").with(options)));
        for error in [
            typed.open("1", "", "", "").await.expect_err("it is refused"),
            call.send().await.expect_err("it is refused"),
        ] {
            shown.push(format!("{error} {}", debug(&error)));
        }
        let metrics = client.metrics();
        assert!(
            metrics.services.keys().any(|key| key.contains("h:1")),
            "{metrics:?}"
        );
        shown.extend([
            debug(&metrics),
            serde_json::to_string(&metrics).expect("plain data"),
        ]);
        for text in shown {
            assert!(!text.contains(SECRET), "{address}: {text}");
        }
    }
    Ok(())
}
