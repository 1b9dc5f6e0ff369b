//! Path templates: `/models/{id}`, `/files/{rest*}`, `/pages/{number?}`.

/// A path template that is known to be well formed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Template {
    /// As the user wrote it.
    pub(crate) text: String,
    /// In the order of the template.
    pub(crate) placeholders: Vec<Placeholder>,
}

/// A name in braces, to be filled in by an argument of the same name.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Placeholder {
    pub(crate) name: String,
    pub(crate) extent: Extent,
}

/// How much of the path a placeholder stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// `{id}`: a segment or a part of one.
    Segment,
    /// `{id?}`: a segment, or nothing.
    Optional,
    /// `{rest*}`: all that is left of the path.
    Rest,
}

impl Template {
    /// The template that a literal says, or what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let Some(path) = text.strip_prefix('/') else {
            return Err(format!(
                "a path starts with `/`, this one is `{text}`\nhelp: write `\"/{text}\"`"
            ));
        };
        let mut placeholders = Vec::new();
        let mut segments = path.split('/').peekable();
        while let Some(segment) = segments.next() {
            let is_last = segments.peek().is_none();
            if segment.is_empty() && !is_last {
                return Err(
                    "a path has no empty segment (`//`), which servers read differently; write one `/`"
                        .to_owned(),
                );
            }
            let found = read_segment(segment)?;
            check_extents(segment, &found, is_last)?;
            placeholders.extend(found);
        }
        check_unique(&placeholders)?;
        Ok(Self {
            text: text.to_owned(),
            placeholders,
        })
    }

    /// The template as text without placeholders, or what is wrong with it.
    pub(crate) fn parse_prefix(text: &str) -> Result<Self, String> {
        let template = Self::parse(text)?;
        match template.placeholders.first() {
            Some(Placeholder { name, .. }) => Err(format!(
                "a prefix is the same for every call and has no placeholders, this one has `{{{name}}}`; \
                 move it to the paths of the methods"
            )),
            None => Ok(template),
        }
    }
}

/// The placeholders of one segment, which is cut at its braces.
fn read_segment(segment: &str) -> Result<Vec<Placeholder>, String> {
    let mut placeholders = Vec::new();
    let mut literal = String::new();
    let mut rest = segment;
    while let Some(open) = rest.find('{') {
        literal.push_str(&rest[..open]);
        let inside = &rest[open + 1..];
        let Some(close) = inside.find('}') else {
            return Err(format!(
                "the brace opened in `{segment}` is never closed; a placeholder is `{{name}}`"
            ));
        };
        placeholders.push(read_placeholder(&inside[..close])?);
        rest = &inside[close + 1..];
    }
    literal.push_str(rest);
    if placeholders.is_empty() && is_dot_segment(&literal) {
        return Err(format!(
            "a `{literal}` segment would change which path is reached; write the path it leads to"
        ));
    }
    check_literal(&literal)?;
    Ok(placeholders)
}

/// Whether a segment means "here" or "one up" to a server, which reads `%2e` as a dot.
fn is_dot_segment(segment: &str) -> bool {
    matches!(
        segment.to_ascii_lowercase().replace("%2e", ".").as_str(),
        "." | ".."
    )
}

fn read_placeholder(inside: &str) -> Result<Placeholder, String> {
    let (name, extent) = match inside.as_bytes().last() {
        Some(b'*') => (&inside[..inside.len() - 1], Extent::Rest),
        Some(b'?') => (&inside[..inside.len() - 1], Extent::Optional),
        Some(_) | None => (inside, Extent::Segment),
    };
    if name.is_empty() {
        return Err(format!(
            "`{{{inside}}}` has no name; a placeholder names an argument of the method, as in `{{id}}`"
        ));
    }
    if !is_name(name) {
        return Err(format!(
            "`{{{inside}}}` is not a placeholder; expected the name of an argument in braces: \
             `{{id}}`, `{{id?}}` or `{{rest*}}`"
        ));
    }
    Ok(Placeholder {
        name: name.to_owned(),
        extent,
    })
}

/// What an argument can be called, raw identifiers written without `r#`.
fn is_name(name: &str) -> bool {
    name != "_"
        && name
            .chars()
            .all(|letter| letter == '_' || letter.is_alphanumeric())
        && !name.starts_with(|first: char| first.is_numeric())
}

/// `{id?}` and `{rest*}` are whole segments, and the latter is the last one.
fn check_extents(segment: &str, found: &[Placeholder], is_last: bool) -> Result<(), String> {
    for Placeholder { name, extent } in found {
        let written = match extent {
            Extent::Segment => continue,
            Extent::Optional => format!("{{{name}?}}"),
            Extent::Rest => format!("{{{name}*}}"),
        };
        if segment != written {
            return Err(format!(
                "`{written}` shares its segment with other text in `{segment}`; it must be a whole segment"
            ));
        }
        if *extent == Extent::Rest && !is_last {
            return Err(format!(
                "`{written}` takes the rest of the path, so it must be the last segment"
            ));
        }
    }
    Ok(())
}

fn check_unique(placeholders: &[Placeholder]) -> Result<(), String> {
    for (index, placeholder) in placeholders.iter().enumerate() {
        if placeholders[..index]
            .iter()
            .any(|earlier| earlier.name == placeholder.name)
        {
            return Err(format!(
                "the placeholder `{{{}}}` appears twice; each name appears once",
                placeholder.name
            ));
        }
    }
    Ok(())
}

/// Only what RFC 3986 allows in a path (section 3.3), so that the path sent is the path written.
fn check_literal(literal: &str) -> Result<(), String> {
    let mut letters = literal.chars();
    while let Some(letter) = letters.next() {
        match letter {
            letter if is_path_letter(letter) => {}
            '%' => check_escape(letters.as_str())?,
            '}' => {
                return Err(
                    "a `}` closes a brace that was never opened; a placeholder is `{name}`".to_owned(),
                );
            }
            '?' => {
                return Err(
                    "a `?` starts a query, which is no part of the path; use `#[query]` arguments".to_owned(),
                );
            }
            '#' => return Err("a `#` starts a fragment, which is never sent; leave it out".to_owned()),
            illegal => return Err(illegal_letter(illegal)),
        }
    }
    Ok(())
}

fn is_path_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@".contains(letter)
}

fn check_escape(after: &str) -> Result<(), String> {
    let digits = after.bytes().take(2).filter(u8::is_ascii_hexdigit).count();
    if digits == 2 {
        return Ok(());
    }
    Err("a `%` in a path is followed by two hexadecimal digits; for the sign itself write `%25`".to_owned())
}

fn illegal_letter(letter: char) -> String {
    let mut buffer = [0; 4];
    let bytes = letter.encode_utf8(&mut buffer).bytes();
    let escaped = bytes
        .map(|byte| format!("%{byte:02X}"))
        .collect::<Vec<_>>()
        .concat();
    format!("{letter:?} is not legal in a path; write it as `{escaped}`")
}

#[cfg(test)]
mod tests {
    use super::{Extent, Template};

    fn placeholders(text: &str) -> Vec<(String, Extent)> {
        let template = Template::parse(text).unwrap();
        template
            .placeholders
            .into_iter()
            .map(|placeholder| (placeholder.name, placeholder.extent))
            .collect()
    }

    fn refusal(text: &str) -> String {
        Template::parse(text).unwrap_err()
    }

    #[test]
    fn finds_placeholders_in_order() {
        assert_eq!(placeholders("/"), []);
        assert_eq!(placeholders("/models"), []);
        assert_eq!(
            placeholders("/a/{b}/{c}.json/x:{d}"),
            ["b", "c", "d"].map(|name| (name.to_owned(), Extent::Segment))
        );
        assert_eq!(placeholders("/{a}{b}").len(), 2);
        assert_eq!(
            placeholders("/pages/{number?}/x"),
            [("number".to_owned(), Extent::Optional)]
        );
        assert_eq!(
            placeholders("/files/{rest*}"),
            [("rest".to_owned(), Extent::Rest)]
        );
    }

    #[test]
    fn keeps_the_text_as_written() {
        assert_eq!(Template::parse("/a%20b/{c}/").unwrap().text, "/a%20b/{c}/");
    }

    #[test]
    fn refuses_what_is_no_path() {
        let table = [
            ("", "starts with `/`"),
            ("models", "help: write `\"/models\"`"),
            ("/{id", "never closed"),
            ("/{a/b}", "never closed"),
            ("/id}", "never opened"),
            ("/{}", "has no name"),
            ("/{*}", "has no name"),
            ("/{?}", "has no name"),
            ("/{a b}", "not a placeholder"),
            ("/{1a}", "not a placeholder"),
            ("/{_}", "not a placeholder"),
            ("/{{a}}", "not a placeholder"),
            ("/{a}/{a}", "`{a}` appears twice"),
            ("/{a*}/b", "last segment"),
            ("/x{a*}", "whole segment"),
            ("/{a?}.json", "whole segment"),
            ("/a?b={c}", "`#[query]`"),
            ("/a#b", "fragment"),
            ("/a b", "`%20`"),
            ("/é", "`%C3%A9`"),
            ("/a\u{0}", "`%00`"),
            ("/100%", "`%25`"),
            ("/%4", "`%25`"),
            ("/%4é", "`%25`"),
            ("/a/../b", "`..` segment"),
            ("/.", "`.` segment"),
            ("/a/%2E%2e/b", "`%2E%2e` segment"),
            ("/%2e", "`%2e` segment"),
            ("//", "empty segment"),
            ("/a//b", "empty segment"),
        ];
        for (text, expected) in table {
            assert!(refusal(text).contains(expected), "{text}: {}", refusal(text));
        }
    }

    /// The runtime reads the same table: what compiles can be called.
    #[test]
    fn agrees_with_the_runtime() {
        for line in include_str!("../../tests/data/path-templates.txt").lines() {
            let (expected, text) = line.split_once(' ').unwrap();
            assert_eq!(Template::parse(text).is_ok(), expected == "legal", "{line}");
        }
    }

    #[test]
    fn refuses_a_placeholder_in_a_prefix() {
        assert!(
            Template::parse_prefix("/v1/{tenant}")
                .unwrap_err()
                .contains("`{tenant}`")
        );
        assert!(Template::parse_prefix("/v1").is_ok());
    }
}
