//! What an endpoint is: its path template.

mod template;

pub(crate) use template::{PathTemplate, Piece, is_dot_segment, join, push_prefix};
