use std::collections::{BTreeMap, HashMap};

use percent_encoding::percent_decode_str;
use serde::Serialize;

use super::*;
use crate::endpoint::join;

const HOST: &str = "http://host";

fn start(template: &str, prefix: &str) -> Target {
    let template = PathTemplate::parse(&join(prefix, template)).expect(template);
    Target::start(Arc::new(template))
}

fn target(prefix: &str, template: &str, values: &[&dyn PathValue]) -> Result<String, Error> {
    let mut target = start(template, prefix);
    for value in values {
        target.path(*value);
    }
    target.finish()
}

fn query(name: &str, value: &dyn QueryArgument) -> Result<String, Error> {
    let mut target = start("/", "");
    target.query(name, value);
    target.finish()
}

/// What is written is what two URL parsers read, unchanged.
fn assert_stable(target: &str) {
    let parsed: http::uri::PathAndQuery = target.parse().expect(target);
    assert_eq!(parsed.as_str(), target);
    let parsed = url::Url::parse(&format!("{HOST}{target}")).expect(target);
    assert_eq!(&parsed.as_str()[HOST.len()..], target);
}

#[test]
fn path_values_are_encoded_inside_their_segment() {
    let rows = [
        ("/{v}", "plain", "/plain"),
        ("/{v}", "a b", "/a%20b"),
        ("/{v}", " ", "/%20"),
        ("/{v}", "50%", "/50%25"),
        ("/{v}", "%20", "/%2520"),
        ("/{v}", "%2F", "/%252F"),
        ("/{v}", "%2e%2e", "/%252e%252e"),
        ("/{v}", "a/b", "/a%2Fb"),
        ("/{v}", "/", "/%2F"),
        ("/{v}", "../etc", "/..%2Fetc"),
        ("/{v}", "a\\b", "/a%5Cb"),
        ("/{v}", "..\\", "/..%5C"),
        ("/{v}", "a?b=c", "/a%3Fb%3Dc"),
        ("/{v}", "a#b", "/a%23b"),
        ("/{v}", "a+b", "/a%2Bb"),
        ("/{v}", "a&b", "/a%26b"),
        ("/{v}", "a;v=1", "/a%3Bv%3D1"),
        ("/{v}", "urn:isbn:1", "/urn:isbn:1"),
        ("/{v}", "me@example.com", "/me@example.com"),
        ("/{v}", "a,b", "/a,b"),
        ("/{v}", "(a)!$*'~", "/(a)!$*'~"),
        ("/{v}", "\"<>^`{|}[]", "/%22%3C%3E%5E%60%7B%7C%7D%5B%5D"),
        ("/{v}", "...", "/..."),
        ("/{v}", ".hidden", "/.hidden"),
        ("/{v}", "a.", "/a."),
        ("/{v}", "größe", "/gr%C3%B6%C3%9Fe"),
        ("/{v}", "日本", "/%E6%97%A5%E6%9C%AC"),
        ("/{v}", "🦀", "/%F0%9F%A6%80"),
        ("/{v}", "e\u{301}", "/e%CC%81"),
        ("/{v}", "\u{202e}", "/%E2%80%AE"),
        ("/{v}", "\0", "/%00"),
        ("/{v}", "a\r\nb", "/a%0D%0Ab"),
        ("/{v}", "\t\u{7f}\u{1b}", "/%09%7F%1B"),
        ("/a/{v}/b", "x/y", "/a/x%2Fy/b"),
        ("/{v}/", "x", "/x/"),
        ("/{v}.json", "", "/.json"),
        ("/{v}.json", "a.b", "/a.b.json"),
        ("/x:{v}", "go", "/x:go"),
        ("/x:{v}", "", "/x:"),
        ("/v{v}", "..", "/v.."),
        ("/files/{v*}", "a/b c/d", "/files/a/b%20c/d"),
        ("/files/{v*}", "one", "/files/one"),
        ("/files/{v*}", "a/.../b", "/files/a/.../b"),
        ("/files/{v*}", "a?/b#", "/files/a%3F/b%23"),
        ("/files/{v?}", "a/b", "/files/a%2Fb"),
        ("/lit%20eral/{v}", "x", "/lit%20eral/x"),
    ];
    for (template, value, expected) in rows {
        let target = target("", template, &[&value]).expect(expected);
        assert_eq!(target, expected);
        assert_stable(&target);
    }
}

#[test]
fn prefixes_are_joined_by_segments() {
    for (prefix, template, expected) in [
        ("", "/v1", "/v1"),
        ("/", "/v1", "/v1"),
        ("/base", "/v1", "/base/v1"),
        ("/base/", "/v1", "/base/v1"),
        ("base", "/v1/", "/base/v1/"),
        ("/a/b/", "/", "/a/b/"),
        ("/base", "/{v?}", "/base"),
        ("/base/", "/{v?}", "/base"),
        ("", "/{v?}", "/"),
        ("", "/{v?}/x", "/x"),
        ("", "/a/{v?}/x", "/a/x"),
        ("", "/a/{v?}/", "/a/"),
    ] {
        let target = target(prefix, template, &[]).expect(expected);
        assert_eq!(target, expected, "{prefix:?} {template}");
        assert_stable(&target);
    }
}

#[test]
fn a_value_cannot_change_which_path_is_reached() {
    for (template, values, expected) in [
        ("/{v}", &[""][..], "path parameter `v`: an empty segment"),
        ("/{v}", &["."], "path parameter `v`: the segment `.`"),
        ("/{v}", &[".."], "path parameter `v`: the segment `..`"),
        ("/a/{v}/b", &[".."], "path parameter `v`: the segment `..`"),
        ("/{v?}", &[""], "path parameter `v`: an empty segment"),
        ("/{v?}", &[".."], "path parameter `v`: the segment `..`"),
        ("/.{v}", &["."], "the segment `..`"),
        ("/.{v}", &[""], "the segment `.`"),
        ("/%2e{v}", &["."], "the segment `%2e.`"),
        ("/{v}%2E", &[""], "the segment `%2E`"),
        ("/{a}{b}", &[".", "."], "path parameter `b`: the segment `..`"),
        ("/{a}{b}", &["", ""], "path parameter `b`: an empty segment"),
        ("/{v*}", &[""], "path parameter `v`: an empty segment"),
        ("/{v*}", &["/a"], "path parameter `v`: an empty segment"),
        ("/{v*}", &["a/"], "path parameter `v`: an empty segment"),
        ("/{v*}", &["a//b"], "path parameter `v`: an empty segment"),
        ("/{v*}", &["a/../b"], "path parameter `v`: the segment `..`"),
        ("/{v*}", &["a/."], "path parameter `v`: the segment `.`"),
        ("/{a}/{b}", &["1"], "path parameter `b`: no value was given"),
        ("/{a}/{b*}", &["1"], "path parameter `b`: no value was given"),
        (
            "/{a}",
            &["1", "2"],
            "path template `/{a}`: there is no placeholder for one more value",
        ),
    ] {
        let values: Vec<&dyn PathValue> = values.iter().map(|value| value as &dyn PathValue).collect();
        let error = target("", template, &values).expect_err(expected);
        assert_eq!(error.kind(), ErrorKind::Request);
        assert!(error.to_string().contains(expected), "{template}: {error}");
    }
}

#[test]
fn any_text_arrives_equal() {
    for code in (0..=0x2_ffff)
        .step_by(7)
        .chain(0..0x500)
        .filter_map(char::from_u32)
    {
        let value = format!("{code}x{code}");
        let path = target("", "/{v}", &[&value]).expect("one segment");
        assert_eq!(
            percent_decode_str(&path[1..]).decode_utf8().expect("UTF-8"),
            value
        );
        let text = query(&value, &value).expect("a scalar");
        assert!(text.is_ascii(), "{text}");
        let pairs: Vec<_> = url::form_urlencoded::parse(&text.as_bytes()[2..])
            .into_owned()
            .collect();
        assert_eq!(pairs, [(value.clone(), value)]);
    }
}

#[test]
fn query_values_and_names_are_encoded() {
    for (name, value, expected) in [
        ("q", "plain", "/?q=plain"),
        ("q", "", "/?q="),
        ("q", "a b", "/?q=a%20b"),
        ("q", "a+b", "/?q=a%2Bb"),
        ("q", "a&b=c", "/?q=a%26b%3Dc"),
        ("q", "a;b", "/?q=a%3Bb"),
        ("q", "a#b", "/?q=a%23b"),
        ("q", "100%", "/?q=100%25"),
        ("q", "%41", "/?q=%2541"),
        ("q", "a/b?c", "/?q=a/b?c"),
        (
            "q",
            "2024-01-01T00:00:00+02:00",
            "/?q=2024-01-01T00:00:00%2B02:00",
        ),
        ("q", "it's \"<x>\"", "/?q=it%27s%20%22%3Cx%3E%22"),
        ("q", "a[0]", "/?q=a%5B0%5D"),
        ("q", "größe🦀", "/?q=gr%C3%B6%C3%9Fe%F0%9F%A6%80"),
        ("q", "\0\r\n", "/?q=%00%0D%0A"),
        ("q", "..", "/?q=.."),
        ("a b", "1", "/?a%20b=1"),
        ("a&b=", "1", "/?a%26b%3D=1"),
        ("page[size]", "1", "/?page%5Bsize%5D=1"),
        ("größe", "1", "/?gr%C3%B6%C3%9Fe=1"),
        ("", "1", "/?=1"),
    ] {
        let target = query(name, &value).expect(expected);
        assert_eq!(target, expected);
        assert_stable(&target);
    }
}

#[derive(Serialize)]
enum Sort {
    #[serde(rename = "newest-first")]
    Newest,
    By(&'static str),
    Pair(u8, u8),
    Range {
        from: u8,
    },
}

#[derive(Serialize)]
struct Filter {
    text: &'static str,
    tags: Vec<&'static str>,
    page: Option<u32>,
    sort: Sort,
}

#[derive(Serialize)]
struct Nested {
    inner: Filter,
}

#[derive(Serialize)]
struct Flattened {
    size: u8,
    #[serde(flatten)]
    rest: BTreeMap<String, i8>,
}

#[derive(Serialize)]
struct Meters(f64);

fn filter() -> Filter {
    Filter {
        text: "a b",
        tags: vec!["x", "y"],
        page: None,
        sort: Sort::Newest,
    }
}

#[test]
fn a_query_is_whatever_serde_makes_of_it() {
    let cases: [(&dyn QueryArgument, &str); 30] = [
        (&1_u8, "/?q=1"),
        (&-1_i64, "/?q=-1"),
        (&u128::MAX, "/?q=340282366920938463463374607431768211455"),
        (&i128::MIN, "/?q=-170141183460469231731687303715884105728"),
        (&1.0_f64, "/?q=1.0"),
        (&0.1_f32, "/?q=0.1"),
        (&-1e-7_f64, "/?q=-1e-7"),
        (&f64::MIN_POSITIVE, "/?q=2.2250738585072014e-308"),
        (&Meters(2.5), "/?q=2.5"),
        (&true, "/?q=true"),
        (&'&', "/?q=%26"),
        (&String::from("a"), "/?q=a"),
        (&Some("a"), "/?q=a"),
        (&Some(Some(1)), "/?q=1"),
        (&None::<&str>, "/"),
        (&(), "/"),
        (&Sort::Newest, "/?q=newest-first"),
        (&Sort::By("x"), "/?By=x"),
        (&Sort::Pair(1, 2), "/?Pair=1&Pair=2"),
        (&vec![1, 2], "/?q=1&q=2"),
        (&[0_u8; 0], "/"),
        (&(1, "b", 'c'), "/?q=1&q=b&q=c"),
        (&[Some("a"), None, Some("")], "/?q=a&q="),
        (&Some(vec!["a b"]), "/?q=a%20b"),
        (&filter(), "/?text=a%20b&tags=x&tags=y&sort=newest-first"),
        (&Some(&filter()), "/?text=a%20b&tags=x&tags=y&sort=newest-first"),
        (&BTreeMap::from([("a&", 1), ("b", 2)]), "/?a%26=1&b=2"),
        (&BTreeMap::from([(7, vec![true, false])]), "/?7=true&7=false"),
        (&BTreeMap::from([('x', None::<u8>)]), "/"),
        (
            &Flattened {
                size: 1,
                rest: BTreeMap::from([("k v".to_owned(), -1)]),
            },
            "/?size=1&k%20v=-1",
        ),
    ];
    for (value, expected) in cases {
        assert_eq!(query("q", value).expect(expected), expected);
    }
}

#[test]
fn what_is_deeper_than_one_level_is_an_error_that_names_the_field() {
    struct Bytes;
    impl Serialize for Bytes {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_bytes(b"x")
        }
    }
    let cases: [(&dyn QueryArgument, &str); 11] = [
        (
            &Nested { inner: filter() },
            "query parameter `q`: the field `inner` is a struct",
        ),
        (
            &BTreeMap::from([("m", BTreeMap::from([(1, 2)]))]),
            "the field `m` is a map",
        ),
        (
            &BTreeMap::from([("s", vec![vec![1]])]),
            "`s` has a sequence as an element",
        ),
        (
            &BTreeMap::from([("s", vec![filter()])]),
            "`s` has a struct as an element",
        ),
        (
            &BTreeMap::from([("e", Sort::By("x"))]),
            "the field `e` is a variant with a value",
        ),
        (&Sort::Range { from: 1 }, "the field `Range` is a struct"),
        (&vec![vec![1]], "`q` has a sequence as an element"),
        (&vec![("a", 1)], "`q` has a sequence as an element"),
        (
            &HashMap::from([((1, 2), 3)]),
            "a sequence cannot be the key of a map",
        ),
        (&f64::INFINITY, "a number that is not finite"),
        (&Bytes, "a run of bytes"),
    ];
    for (value, expected) in cases {
        let error = query("q", value).expect_err(expected);
        assert_eq!(error.kind(), ErrorKind::Request);
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn all_kinds_of_parameters_make_one_target() {
    let mut target = start("/{a}/{b?}/c/{d*}", "/api");
    target.path(&1);
    target.optional(&None::<u8>);
    target.path(&"x/y z");
    target.query("p", &Some(2));
    target.query("none", &None::<u8>);
    target.query("all", &filter());
    let target = target.finish().expect("complete");
    assert_eq!(
        target,
        "/api/1/c/x/y%20z?p=2&text=a%20b&tags=x&tags=y&sort=newest-first"
    );
}

#[test]
fn a_small_target_is_written_into_one_buffer() {
    let mut target = start("/api/v1/models/{id}", "");
    let capacity = target.writer.buffer.capacity();
    let start = target.writer.buffer.as_ptr();
    target.path(&uuid());
    target.query("page", &12);
    let target = target.finish().expect("complete");
    assert_eq!((target.capacity(), target.as_ptr()), (capacity, start));
}

fn uuid() -> &'static str {
    "0190b6a4-2b9d-7cc3-a1f0-000000000000"
}

#[test]
fn the_first_fault_is_the_one_that_is_told() {
    let mut target = start("/{a}/{b}", "");
    target.path(&"");
    target.path(&"..");
    target.query("q", &f64::NAN);
    let error = target.finish().expect_err("empty");
    assert!(error.to_string().contains("`a`"), "{error}");
}

#[test]
fn what_no_uri_can_hold_is_refused() {
    let long = "x".repeat(LIMIT);
    let error = target("", "/{a}", &[&long]).expect_err("too long");
    assert!(
        error.to_string().contains("path parameter `a`: too long"),
        "{error}"
    );
    let error = query("q", &vec![&long[..40_000]; 2]).expect_err("too long");
    assert!(
        error.to_string().contains("query parameter `q`: too long"),
        "{error}"
    );
}
