//! Files of lines such as `NAME=value`.
//!
//! A line is empty, a comment (`# …`), or `NAME=value` with an optional `export` before it. A value is bare (up to the
//! end of the line or ` #`), in single quotes (taken as it is), or in double quotes (`\n`, `\r`, `\t`, `\"`, `\\` and
//! `\$` are read). Nothing is substituted: a `$` is a `$`.

use std::collections::HashMap;
use std::str::Chars;

use crate::error::{Error, ErrorKind};

const A_LINE: &str = "`NAME=value`, `export NAME=value`, a comment or an empty line";
const A_NAME: &str = "a name of letters, digits, `_` and `.` that does not start with a digit";
const END_OF_VALUE: &str = "nothing but a comment after the closing quote";
const CLOSED: &str = "a closing quote on the same line";
const ESCAPES: &str = "one of `\\n`, `\\r`, `\\t`, `\\\"`, `\\\\`, `\\$` in double quotes";

/// The names and values of a file, in its order.
///
/// # Errors
/// `Config`, with the file, the line and what is allowed; never the value, which may be a secret.
pub(super) fn parse(file: &str, text: &str) -> Result<Vec<(String, String)>, Error> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut seen: HashMap<Box<str>, usize> = HashMap::new();
    let mut pairs = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        let Some((name, value)) = entry(line).map_err(|expected| mistake(file, number, expected))? else {
            continue;
        };
        if let Some(first) = seen.insert(name.as_str().into(), number) {
            let expected = format!("`{name}` once; line {first} has it already");
            return Err(mistake(file, number, &expected));
        }
        pairs.push((name, value));
    }
    Ok(pairs)
}

fn mistake(file: &str, line: usize, expected: &str) -> Error {
    Error::new(
        ErrorKind::Config,
        format!("{file}, line {line}: expected {expected}"),
    )
}

/// What a line sets, if anything.
fn entry(line: &str) -> Result<Option<(String, String)>, &'static str> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let (name, value) = line.split_once('=').ok_or(A_LINE)?;
    let name = match name.strip_prefix("export") {
        Some(rest) if rest.starts_with(char::is_whitespace) => rest.trim(),
        Some(_) | None => name.trim(),
    };
    if !is_name(name) {
        return Err(A_NAME);
    }
    Ok(Some((name.to_owned(), read_value(value)?)))
}

fn is_name(name: &str) -> bool {
    let is_legal = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.');
    !name.starts_with(|letter: char| letter.is_ascii_digit())
        && !name.is_empty()
        && name.chars().all(is_legal)
}

fn read_value(written: &str) -> Result<String, &'static str> {
    let value = written.trim_start();
    if let Some(quoted) = value.strip_prefix('\'') {
        let (value, rest) = quoted.split_once('\'').ok_or(CLOSED)?;
        return check_end(rest).map(|()| value.to_owned());
    }
    if let Some(quoted) = value.strip_prefix('"') {
        let mut letters = quoted.chars();
        let value = double_quoted(&mut letters)?;
        return check_end(letters.as_str()).map(|()| value);
    }
    // Looked for in what is written, so that `NAME= # comment` is empty.
    let bare = written
        .find(" #")
        .or_else(|| written.find("\t#"))
        .map_or(written, |end| &written[..end]);
    Ok(bare.trim().to_owned())
}

/// Reads up to and with the closing quote.
fn double_quoted(letters: &mut Chars<'_>) -> Result<String, &'static str> {
    let mut value = String::new();
    loop {
        match letters.next().ok_or(CLOSED)? {
            '"' => return Ok(value),
            '\\' => value.push(match letters.next().ok_or(CLOSED)? {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                letter @ ('"' | '\\' | '$') => letter,
                _ => return Err(ESCAPES),
            }),
            letter => value.push(letter),
        }
    }
}

fn check_end(rest: &str) -> Result<(), &'static str> {
    let rest = rest.trim_start();
    if rest.is_empty() || rest.starts_with('#') {
        Ok(())
    } else {
        Err(END_OF_VALUE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_value_in_every_way_to_write_it() {
        let check = |line: &str, expected: &str| {
            let pairs = parse(".env", line).expect("a legal line");
            assert_eq!(pairs, [("A".to_owned(), expected.to_owned())], "{line}");
        };
        check("A=b", "b");
        check("  A = b c  ", "b c");
        check("A=", "");
        check("export A=b", "b");
        check("export\tA=b", "b");
        check("A=b # comment", "b");
        check("A=b\t# comment", "b");
        check("A=b#c", "b#c");
        check("A= # comment", "");
        check("A=b=c", "b=c");
        check("A=$B", "$B");
        check("A='b # \"c\" \\n'", "b # \"c\" \\n");
        check("A='b' # comment", "b");
        check(r#"A="b\n\t\r\"\\\$c" # d"#, "b\n\t\r\"\\$c");
        check("A=\"\"", "");
        check("\u{feff}A=b", "b");
        check("A=b\r\n", "b");
        check("A=it's", "it's");
        check("A=ü", "ü");
    }

    #[test]
    fn skips_comments_and_empty_lines() {
        let pairs = parse(".env", "# first\r\n\r\nA=1\n   \n  # B=2\nexport B=3").expect("a legal file");
        let expected = [("A", "1"), ("B", "3")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(pairs, expected);
    }

    #[test]
    fn a_name_may_begin_like_a_word_of_the_shell() {
        let pairs = parse(".env", "exporter=1\nexport=2").expect("a legal file");
        assert_eq!(pairs[0].0, "exporter");
        assert_eq!(pairs[1].0, "export");
    }

    #[test]
    fn names_the_file_the_line_and_what_is_allowed() {
        let check = |line: &str, expected: &str| {
            let error = parse("dir/.env", &format!("OK=1\n{line}")).expect_err(line);
            assert_eq!(
                error.message(),
                format!("dir/.env, line 2: expected {expected}"),
                "{line}"
            );
        };
        check("hunter2", A_LINE);
        check("export A", A_LINE);
        check("=b", A_NAME);
        check("1A=b", A_NAME);
        check("A B=c", A_NAME);
        check("Ä=c", A_NAME);
        check("A-B=c", A_NAME);
        check("A='b", CLOSED);
        check("A=\"b", CLOSED);
        check("A=\"b\\", CLOSED);
        check("A=\"b\\\"", CLOSED);
        check("A=\"b\\x\"", ESCAPES);
        check("A='b'c", END_OF_VALUE);
        check("A=\"b\" c", END_OF_VALUE);
        check("OK=2", "`OK` once; line 1 has it already");
    }
}
