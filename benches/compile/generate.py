"""Writes the crates that `run` compiles: types, and the same methods as a service and over plain reqwest."""

import pathlib
import sys

root, work, count = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), int(sys.argv[3])

SERVICE_HEAD = """use trunkline::{Result, service};
use types::*;

#[service("bench", prefix = "/api/v1", timeout = "5s")]
pub trait Bench {
"""

SERVICE = [
    """    #[get("/items{n}/{{id}}")]
    async fn method_{n}(&self, id: &str) -> Result<Reply{n}>;
""",
    """    #[get("/items{n}/{{id}}/parts")]
    async fn method_{n}(&self, id: &str, page: Option<u32>) -> Result<Reply{n}>;
""",
    """    #[post("/items{n}")]
    async fn method_{n}(&self, request: &Request{n}) -> Result<Reply{n}>;
""",
    """    #[put("/items{n}/{{id}}")]
    async fn method_{n}(&self, id: u64, request: &Request{n}) -> Result<Reply{n}>;
""",
]

REQWEST_HEAD = """use std::time::Duration;

use reqwest::Result;
use types::*;

pub struct Bench {
    pub http: reqwest::Client,
    pub base: String,
}

impl Bench {
"""

TAIL = ".timeout(Duration::from_secs(5)).send().await?.error_for_status()?.json().await"

REQWEST = [
    """    pub async fn method_{n}(&self, id: &str) -> Result<Reply{n}> {{
        self.http.get(format!("{{}}/api/v1/items{n}/{{}}", self.base, id))@
    }}
""",
    """    pub async fn method_{n}(&self, id: &str, page: Option<u32>) -> Result<Reply{n}> {{
        self.http.get(format!("{{}}/api/v1/items{n}/{{}}/parts", self.base, id)).query(&[("page", page)])@
    }}
""",
    """    pub async fn method_{n}(&self, request: &Request{n}) -> Result<Reply{n}> {{
        self.http.post(format!("{{}}/api/v1/items{n}", self.base)).json(request)@
    }}
""",
    """    pub async fn method_{n}(&self, id: u64, request: &Request{n}) -> Result<Reply{n}> {{
        self.http.put(format!("{{}}/api/v1/items{n}/{{}}", self.base, id)).json(request)@
    }}
""",
]

TYPES = """
#[derive(Default, Serialize)]
pub struct Request{n} {{ pub name: String, pub count: u32, pub tags: Vec<String> }}
#[derive(Deserialize)]
pub struct Reply{n} {{ pub id: u64, pub name: String, pub note: Option<String> }}
"""


ARGUMENTS = ['"a"', '"a", Some(1)', "&Request{n}::default()", "1, &Request{n}::default()"]


def caller(client):
    """One function that awaits each method once, without which no body would be compiled to machine code."""
    calls = "".join(f"        drop(bench.method_{n}({ARGUMENTS[n % 4].format(n=n)}).await);\n" for n in range(count))
    return f"""
pub fn call_all(bench: &{client}) {{
    let calls = std::pin::pin!(async {{
{calls}    }});
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let _ = Future::poll(calls, &mut context);
}}
"""


def crate(name, dependencies, source):
    folder = work / name
    (folder / "src").mkdir(parents=True, exist_ok=True)
    manifest = f'[package]\nname = "{name}"\nversion = "0.0.0"\nedition = "2024"\n\n[dependencies]\n{dependencies}'
    for path, text in ((folder / "Cargo.toml", manifest), (folder / "src/lib.rs", source)):
        if not path.exists() or path.read_text() != text:
            path.write_text(text)


def methods(templates, head, tail=""):
    body = "\n".join(templates[n % 4].format(n=n).replace("@", tail) for n in range(count))
    return f"#![allow(unused)]\n{head}{body}}}\n"


types = 'types = { path = "../types" }\n'
service = types + f'trunkline = {{ path = "{root}/runtime" }}\n'
reqwest = types + 'reqwest = { version = "0.13.5", default-features = false, features = ["rustls", "http2", "json", "query"] }\n'

crate("types", 'serde = { version = "1", features = ["derive"] }\n',
      "use serde::{Deserialize, Serialize};\n" + "".join(TYPES.format(n=n) for n in range(count)))
crate("service-many", service, methods(SERVICE, SERVICE_HEAD))
crate("reqwest-many", reqwest, methods(REQWEST, REQWEST_HEAD, TAIL))
crate("service-called", service, methods(SERVICE, SERVICE_HEAD) + caller("BenchClient"))
crate("reqwest-called", reqwest, methods(REQWEST, REQWEST_HEAD, TAIL) + caller("Bench"))
count = 0
crate("service-none", service, methods(SERVICE, SERVICE_HEAD))
crate("reqwest-none", reqwest, methods(REQWEST, REQWEST_HEAD, TAIL))
members = ", ".join(f'"{side}-{kind}"' for side in ("service", "reqwest") for kind in ("none", "many", "called"))
(work / "Cargo.toml").write_text(f'[workspace]\nresolver = "3"\nmembers = ["types", {members}]\n')
