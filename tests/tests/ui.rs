//! What the compiler says where a program does not compile; those that do are in `compiles`.

#[test]
fn says_why_it_does_not_compile() {
    trybuild::TestCases::new().compile_fail("ui/fail/*/*.rs");
}
