use super::*;

/// `a|<b>|.|[c]|(d)`: literal, value, end of a segment, optional, rest.
fn shape(text: &str) -> String {
    let template = PathTemplate::parse(text).expect(text);
    let pieces: Vec<String> = template
        .pieces()
        .iter()
        .map(|piece| match piece {
            Piece::Literal(text) => template.text(text).to_owned(),
            Piece::Value(name) => format!("<{}>", template.text(name)),
            Piece::EndOfSegment(_) => "!".to_owned(),
            Piece::Optional(name) => format!("[{}]", template.text(name)),
            Piece::Rest(name) => format!("({})", template.text(name)),
        })
        .collect();
    pieces.join("|")
}

/// The macro reads the same table: what compiles can be called.
#[test]
fn agrees_with_the_macro() {
    for line in include_str!("../../../../tests/data/path-templates.txt").lines() {
        let (expected, text) = line.split_once(' ').expect("a verdict and a template");
        assert_eq!(PathTemplate::parse(text).is_ok(), expected == "legal", "{line}");
    }
}

#[test]
fn reads_literals_and_placeholders() {
    for (text, expected) in [
        ("/", "/"),
        ("/v1/chat", "/v1/chat"),
        ("/v1/chat/", "/v1/chat/"),
        ("/v1/models/{id}", "/v1/models/|<id>|!"),
        ("/{name}.json", "/|<name>|.json|!"),
        ("/x:{verb}", "/x:|<verb>|!"),
        ("/{a}-{b}/c", "/|<a>|-|<b>|!|/c"),
        ("/{a}{b}", "/|<a>|<b>|!"),
        ("/a/{id?}", "/a|[id]"),
        ("/a/{id?}/b", "/a|[id]|/b"),
        ("/{id?}", "[id]"),
        ("/{a?}/{b?}/{c}", "[a]|[b]|/|<c>|!"),
        ("/files/{rest*}", "/files/|(rest)"),
        ("/a%20b/~!$&'()*+,;=:@", "/a%20b/~!$&'()*+,;=:@"),
        ("/{größe}/{_x1}", "/|<größe>|!|/|<_x1>|!"),
        ("/.well-known/...", "/.well-known/..."),
    ] {
        assert_eq!(shape(text), expected, "{text}");
    }
}

#[test]
fn refuses_what_is_not_a_path() {
    for (text, expected) in [
        ("", "starts with `/`"),
        ("v1", "starts with `/`"),
        ("{id}", "starts with `/`"),
        ("/{", "unbalanced braces"),
        ("/}", "unbalanced braces"),
        ("/a}b{", "unbalanced braces"),
        ("/{id", "unbalanced braces"),
        ("/{a/b}", "unbalanced braces"),
        ("/{}", "an empty placeholder"),
        ("/{?}", "an empty placeholder"),
        ("/{*}", "an empty placeholder"),
        ("/{1a}", "`{1a}` is not a placeholder"),
        ("/{a b}", "`{a b}` is not a placeholder"),
        ("/{{a}}", "`{{a}` is not a placeholder"),
        ("/{_}", "`{_}` is not a placeholder"),
        ("/{a-b}", "`{a-b}` is not a placeholder"),
        ("/{id}/{id}", "`{id}` stands twice"),
        ("/{id?}/{id}", "`{id}` stands twice"),
        ("/{rest*}/a", "comes last"),
        ("/{rest*}/", "comes last"),
        ("/a{rest*}", "whole segment"),
        ("/{id?}.json", "whole segment"),
        ("/a?b=1", "query parameters are arguments"),
        ("/a#b", "a fragment is never sent"),
        ("/a b", "write `%20`"),
        ("/a\nb", "write `%0A`"),
        ("/\u{e9}", "write `%C3%A9`"),
        ("/a\\b", "write `%5C`"),
        ("/100%", "a percent sign itself is `%25`"),
        ("/%zz", "a percent sign itself is `%25`"),
        ("/a//b", "an empty segment"),
        ("//", "an empty segment"),
        ("/./a", "`.` would change"),
        ("/a/..", "`..` would change"),
        ("/a/%2E%2e/b", "`%2E%2e` would change"),
    ] {
        let error = PathTemplate::parse(text).expect_err(text);
        assert_eq!(error.kind(), ErrorKind::Request);
        assert!(error.to_string().contains(expected), "{text}: {error}");
    }
}

#[test]
fn lists_its_placeholders() {
    let template = PathTemplate::parse("/{a}/{b?}/x:{c}/{d*}").expect("valid");
    assert_eq!(template.placeholders().collect::<Vec<_>>(), ["a", "b", "c", "d"]);
}

#[test]
fn joins_by_segments() {
    for (prefix, path, expected) in [
        ("", "/v1", "/v1"),
        ("/", "/v1", "/v1"),
        ("/api", "/v1", "/api/v1"),
        ("/api/", "/v1", "/api/v1"),
        ("api", "v1", "/api/v1"),
        ("//api//", "/v1/", "/api/v1/"),
        ("/a/b", "/", "/a/b/"),
        ("/api", "/api/v1", "/api/api/v1"),
        ("", "", "/"),
    ] {
        assert_eq!(join(prefix, path), expected, "{prefix:?} {path:?}");
    }
}
