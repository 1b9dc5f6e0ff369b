//! Does each status lead to one variant?

use crate::attr::Status;
use crate::errors::Errors;
use crate::model::ReplyEnum;

pub(super) fn check(reply: &ReplyEnum, errors: &mut Errors) {
    if reply.variants.is_empty() {
        errors.push(
            &reply.ident,
            "`FromReply` needs a variant for each status; expected at least one, such as `#[status(200)] Found(Item)`",
        );
    }
    // Variants under `cfg` may exclude each other.
    let unconditional = reply
        .variants
        .iter()
        .filter(|variant| variant.conditions.is_empty());
    let mut seen = Vec::new();
    for status in unconditional.flat_map(|variant| &variant.statuses) {
        if seen.contains(&status.value) {
            errors.push_at(status.span, duplicate(status.value));
        }
        seen.push(status.value);
    }
}

fn duplicate(status: Status) -> String {
    match status {
        Status::Code(code) => format!("status `{code}` has a variant already; each status has one"),
        Status::Other => "`other` has a variant already; there is one for all other statuses".to_owned(),
    }
}
