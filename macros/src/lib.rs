//! The macros of `trunkline`, which re-exports them; depend on that crate.

mod attr;
mod check;
mod duration;
mod errors;
mod expand;
mod model;
mod spanned;
mod stages;
mod suggest;
mod symbol;
mod template;

use proc_macro::TokenStream;

/// Turns a trait into a client of a remote service.
#[proc_macro_attribute]
pub fn service(arguments: TokenStream, item: TokenStream) -> TokenStream {
    stages::service(arguments.into(), item.into()).into()
}

/// Reads a reply into the variant of its status.
#[proc_macro_derive(FromReply, attributes(status, reply))]
pub fn from_reply(item: TokenStream) -> TokenStream {
    stages::from_reply(item.into()).into()
}
