//! What compiles, and what the compiler says where it does not.

#[test]
fn compiles() {
    trybuild::TestCases::new().pass("ui/pass/*.rs");
}

/// Apart from the others, so that all of them are checked in one go.
#[test]
fn says_why_it_does_not_compile() {
    trybuild::TestCases::new().compile_fail("ui/fail/*/*.rs");
}
