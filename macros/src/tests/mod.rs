//! The stages together, called as the compiler would call them.

mod binding;
mod golden;
mod mistakes;
mod random;
