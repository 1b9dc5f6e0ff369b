//! Every word of the grammar, one constant each.

use std::fmt;

use proc_macro2::Ident;

/// A word that a user writes in an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Symbol(pub(crate) &'static str);

pub(crate) const ALLOW: Symbol = Symbol("allow");
pub(crate) const ATTEMPT_TIMEOUT: Symbol = Symbol("attempt_timeout");
pub(crate) const BACKOFF: Symbol = Symbol("backoff");
pub(crate) const BODY: Symbol = Symbol("body");
pub(crate) const BREAKER: Symbol = Symbol("breaker");
pub(crate) const CFG: Symbol = Symbol("cfg");
pub(crate) const CFG_ATTR: Symbol = Symbol("cfg_attr");
pub(crate) const CODE: Symbol = Symbol("code");
pub(crate) const CRATE: Symbol = Symbol("crate");
pub(crate) const DATA: Symbol = Symbol("data");
pub(crate) const DELAY: Symbol = Symbol("delay");
pub(crate) const DELETE: Symbol = Symbol("delete");
pub(crate) const DYN: Symbol = Symbol("dyn");
pub(crate) const ENVELOPE: Symbol = Symbol("envelope");
pub(crate) const EVENT: Symbol = Symbol("event");
pub(crate) const EXPIRES: Symbol = Symbol("expires");
pub(crate) const FIELD: Symbol = Symbol("field");
pub(crate) const FORM: Symbol = Symbol("form");
pub(crate) const GET: Symbol = Symbol("get");
pub(crate) const HEAD: Symbol = Symbol("head");
pub(crate) const HEADER: Symbol = Symbol("header");
pub(crate) const IDEMPOTENT: Symbol = Symbol("idempotent");
pub(crate) const JSON: Symbol = Symbol("json");
pub(crate) const MAX_DELAY: Symbol = Symbol("max_delay");
pub(crate) const MESSAGE: Symbol = Symbol("message");
/// No word of the grammar, but what one would write before the name.
pub(crate) const NAME: Symbol = Symbol("name");
pub(crate) const NONE_ON: Symbol = Symbol("none_on");
pub(crate) const OFF: Symbol = Symbol("off");
pub(crate) const OK: Symbol = Symbol("ok");
pub(crate) const ON: Symbol = Symbol("on");
pub(crate) const OPTIONS: Symbol = Symbol("options");
pub(crate) const OTHER: Symbol = Symbol("other");
pub(crate) const PATCH: Symbol = Symbol("patch");
pub(crate) const PATH: Symbol = Symbol("path");
pub(crate) const POST: Symbol = Symbol("post");
pub(crate) const PREFIX: Symbol = Symbol("prefix");
pub(crate) const PRIORITY: Symbol = Symbol("priority");
pub(crate) const PUBLISH: Symbol = Symbol("publish");
pub(crate) const PUT: Symbol = Symbol("put");
pub(crate) const QUERY: Symbol = Symbol("query");
pub(crate) const REPLY: Symbol = Symbol("reply");
pub(crate) const REQUEST: Symbol = Symbol("request");
pub(crate) const RETRY: Symbol = Symbol("retry");
pub(crate) const SERVICE: Symbol = Symbol("service");
pub(crate) const STATUS: Symbol = Symbol("status");
pub(crate) const TARGET: Symbol = Symbol("target");
pub(crate) const TIMEOUT: Symbol = Symbol("timeout");
pub(crate) const TIMES: Symbol = Symbol("times");
pub(crate) const VERSION: Symbol = Symbol("version");

/// The HTTP methods that have a word of their own.
pub(crate) const HTTP_METHODS: &[Symbol] = &[GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS];

/// What makes a method an endpoint, or one that publishes.
pub(crate) const VERBS: &[Symbol] = &[GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS, REQUEST, PUBLISH];

/// The attributes of a method.
pub(crate) const ON_METHODS: &[Symbol] = &[
    GET,
    POST,
    PUT,
    PATCH,
    DELETE,
    HEAD,
    OPTIONS,
    REQUEST,
    PUBLISH,
    TIMEOUT,
    ATTEMPT_TIMEOUT,
    RETRY,
    IDEMPOTENT,
    BREAKER,
    HEADER,
    NONE_ON,
    ENVELOPE,
];

/// The attributes of an argument of a method.
pub(crate) const ON_PARAMETERS: &[Symbol] = &[PATH, QUERY, HEADER, JSON, FIELD, FORM, BODY];

/// The arguments of `#[service]`, after the name.
pub(crate) const IN_SERVICE: &[Symbol] = &[PREFIX, HEADER, ENVELOPE, TIMEOUT, RETRY, DYN, CRATE];

/// The arguments of `#[publish]`.
pub(crate) const IN_PUBLISH: &[Symbol] = &[PRIORITY, TARGET];

/// The arguments of `#[event]`, after the name.
pub(crate) const IN_EVENT: &[Symbol] = &[VERSION, TARGET, PRIORITY, EXPIRES, CRATE];

/// The arguments of `retry`.
pub(crate) const IN_RETRY: &[Symbol] = &[TIMES, BACKOFF, DELAY, MAX_DELAY, ON, OFF];

/// The arguments of `envelope` on a service; on a method `off` is one more.
pub(crate) const IN_ENVELOPE: &[Symbol] = &[DATA, CODE, MESSAGE, OK];

/// The arguments of `envelope` on a method.
pub(crate) const IN_METHOD_ENVELOPE: &[Symbol] = &[DATA, CODE, MESSAGE, OK, OFF];

/// What the generated client has already, and a method of the same name would be shadowed by.
pub(crate) const RESERVED: &[Symbol] = &[
    Symbol("new"),
    Symbol("at"),
    Symbol("with"),
    SERVICE,
    Symbol("clone"),
    // Of the traits that every client has and every scope knows.
    Symbol("clone_from"),
    Symbol("clone_into"),
    Symbol("into"),
    Symbol("to_owned"),
    Symbol("try_into"),
];

/// Attributes of the language that a near name is never suggested for.
pub(crate) const OF_THE_LANGUAGE: &[Symbol] = &[
    ALLOW,
    CFG,
    CFG_ATTR,
    Symbol("cold"),
    Symbol("deny"),
    Symbol("deprecated"),
    Symbol("doc"),
    Symbol("expect"),
    Symbol("forbid"),
    Symbol("ignore"),
    Symbol("inline"),
    Symbol("must_use"),
    Symbol("test"),
    Symbol("track_caller"),
    Symbol("warn"),
];

impl Symbol {
    /// The symbol that the word is, of these.
    pub(crate) fn find(word: &Ident, among: &[Self]) -> Option<Self> {
        among.iter().copied().find(|symbol| *symbol == *word)
    }
}

impl PartialEq<Ident> for Symbol {
    fn eq(&self, word: &Ident) -> bool {
        word == self.0
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}
