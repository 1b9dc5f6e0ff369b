//! Configuration files as text.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::error::{Error, ErrorKind};

/// The most bytes of a configuration file.
const LIMIT: u64 = 1024 * 1024;

/// The text of a file, `None` when there is no such file.
///
/// # Errors
/// `Config`, when it cannot be read, is above 1 MiB, or is not UTF-8.
pub(crate) fn read_text(path: &Path) -> Result<Option<String>, Error> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LIMIT + 1).read_to_end(&mut bytes));
    match read {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(path, &error.to_string()).with_source(error)),
        Ok(_) if bytes.len() as u64 > LIMIT => return Err(unreadable(path, "expected at most 1 MiB")),
        Ok(_) => {}
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some(text)),
        // Without the source: it would carry the file's bytes, and with them its secrets.
        Err(_) => Err(unreadable(path, "expected UTF-8 text")),
    }
}

/// # Errors
/// As [`read_text`], and when there is no such file.
pub(crate) fn read_text_of(path: &Path) -> Result<String, Error> {
    read_text(path)?.ok_or_else(|| unreadable(path, "there is no such file"))
}

fn unreadable(path: &Path, reason: &str) -> Error {
    Error::new(ErrorKind::Config, format!("{}: {reason}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::*;

    fn temporary(name: &str, content: &[u8]) -> PathBuf {
        let path = std::env::temp_dir().join(format!("trunkline-{}-{name}", std::process::id()));
        fs::write(&path, content).expect("the temporary directory is writable");
        path
    }

    #[test]
    fn reads_text_and_knows_an_absent_file() {
        let path = temporary("text", "ü".as_bytes());
        assert_eq!(read_text(&path).expect("readable").as_deref(), Some("ü"));
        fs::remove_file(&path).expect("it is there");
        assert_eq!(read_text(&path).expect("absent is no error"), None);
        let error = read_text_of(&path).expect_err("absent");
        assert!(error.message().ends_with("there is no such file"), "{error}");
    }

    #[test]
    fn refuses_what_is_no_text_or_too_long() {
        let check = |name, content: &[u8], expected: &str| {
            let path = temporary(name, content);
            let error = read_text(&path).expect_err("refused");
            fs::remove_file(&path).expect("it is there");
            assert_eq!(error.message(), format!("{}: {expected}", path.display()));
        };
        check("binary", &[0xff, 0xfe], "expected UTF-8 text");
        check("long", &vec![b'#'; 1024 * 1024 + 1], "expected at most 1 MiB");
    }

    #[test]
    fn a_directory_is_an_error() {
        let error = read_text(&std::env::temp_dir()).expect_err("a directory");
        assert_eq!(error.kind(), ErrorKind::Config);
    }
}
