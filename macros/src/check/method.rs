//! Is the method one that a client can have?

use crate::attr::Role;
use crate::errors::Errors;
use crate::model::Method;
use crate::symbol::RESERVED;

pub(super) fn check(method: &Method, erased: bool, errors: &mut Errors) {
    check_name(method, errors);
    check_verb(method, errors);
    if let Some(role) = &method.role {
        check_signature(method, role, errors);
    }
    if let (true, Some(generic)) = (erased, method.generics.first) {
        errors.push_at(
            generic,
            format!(
                "`{}` is generic, and a service with `dyn` is called through one object-safe type; \
                 name the type, or drop `dyn`",
                method.name
            ),
        );
    }
}

fn check_name(method: &Method, errors: &mut Errors) {
    if RESERVED.iter().any(|symbol| symbol.0 == method.name) {
        errors.push(
            &method.ident,
            format!(
                "`{}` is a method of every client already and would hide this one; choose another name",
                method.name
            ),
        );
    }
}

fn check_verb(method: &Method, errors: &mut Errors) {
    match (&method.role, &method.body, &method.policy_word) {
        (Some(role), Some(_), _) => errors.push(
            role.word(),
            format!(
                "`{}` has a verb and a body; drop the body to make it a remote call, or `#[{}]` to make it \
                 a default method",
                method.name,
                role.word()
            ),
        ),
        (None, None, _) if method.is_misspelt => {}
        (None, None, _) => errors.push(
            &method.ident,
            format!(
                "`{}` has no verb; expected one of `#[get(\"/path\")]`, `post`, `put`, `patch`, `delete`, `head`, \
                 `options`, `#[request(\"PURGE\", \"/path\")]`, `#[publish]`, or a body",
                method.name
            ),
        ),
        (None, Some(_), Some(word)) => errors.push(
            word,
            format!("`#[{word}]` is about a remote call, and `{}` has a body instead of a verb", method.name),
        ),
        (Some(_), None, _) | (None, Some(_), None) => {}
    }
}

fn check_signature(method: &Method, role: &Role, errors: &mut Errors) {
    let name = &method.name;
    let (what, example) = match role {
        Role::Endpoint(_) => ("is a remote call", "Result<()>"),
        Role::Publisher(_) => ("publishes an event", "Result<Receipt>"),
    };
    if !method.is_async {
        errors.push_at(
            method.fn_span,
            format!("`{name}` {what}, which waits; expected `async fn {name}`"),
        );
    }
    match &method.receiver {
        Some(receiver) if receiver.is_shared_reference => {}
        Some(receiver) => errors.push(&receiver.tokens, "a method of a service takes `&self`"),
        None => errors.push(
            &method.ident,
            format!("`{name}` has no receiver; expected `&self` as its first argument: `async fn {name}(&self, …)`"),
        ),
    }
    if method.output.is_none() {
        errors.push(
            &method.ident,
            format!("`{name}` returns nothing, and every call can fail; expected `-> Result<…>`, such as `{example}`"),
        );
    }
}
