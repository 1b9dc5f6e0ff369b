//! What compiles, and what the compiler says where it does not.

#[test]
fn compiles_or_says_why_not() {
    let cases = trybuild::TestCases::new();
    cases.pass("ui/pass/*.rs");
    cases.compile_fail("ui/fail/*/*.rs");
}
