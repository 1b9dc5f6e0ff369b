//! The stages together, called as the compiler would call them.

mod golden;
mod mistakes;
mod random;
