//! A place in the file: what errors name, and how its values are reached.

use std::fmt;

use super::value::{Table, Value};
use crate::by_name::ByName;
use crate::config::mistake::{list, without_credentials, wrong, wrong_secret};
use crate::config::near::did_you_mean;
use crate::error::{Error, ErrorKind};

/// A key of the file and all keys above it.
pub(super) struct Place<'a> {
    file: &'a str,
    path: String,
}

impl<'a> Place<'a> {
    pub(super) fn root(file: &'a str) -> Self {
        Self {
            file,
            path: String::new(),
        }
    }

    pub(super) fn key(&self, key: &str) -> Self {
        let is_bare = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
        let key = if !key.is_empty() && key.chars().all(is_bare) {
            key.to_owned()
        } else {
            format!("{key:?}")
        };
        let path = match self.path.as_str() {
            "" => key,
            path => format!("{path}.{key}"),
        };
        Self {
            file: self.file,
            path,
        }
    }

    /// Several keys below each other: `retry.delay`.
    pub(super) fn path(&self, keys: &str) -> Self {
        let here = Self {
            file: self.file,
            path: self.path.clone(),
        };
        keys.split('.').fold(here, |place, key| place.key(key))
    }

    /// Reads the value of a key, where there is one.
    pub(super) fn get<T>(
        &self,
        table: &Table,
        key: &str,
        read: impl FnOnce(&Self, &Value) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        match table.get(key) {
            None => Ok(None),
            Some(value) => read(&self.key(key), value).map(Some),
        }
    }

    /// Reads every value of a table whose keys are names that the user gives.
    pub(super) fn each<T>(
        &self,
        value: &Value,
        read: impl Fn(&Self, &Value) -> Result<T, Error>,
    ) -> Result<ByName<T>, Error> {
        let mut all = ByName::default();
        for (name, value) in self.table(value)? {
            all.insert(name.clone(), read(&self.key(name), value)?);
        }
        Ok(all)
    }

    /// # Errors
    /// The first key that is not among those, without its value: it may be a secret under a mistyped name.
    pub(super) fn check_keys(&self, table: &Table, allowed: &[&str]) -> Result<(), Error> {
        match table.iter().find(|(key, _)| !allowed.contains(&key.as_str())) {
            None => Ok(()),
            Some((key, _)) => {
                let place = self.key(key);
                let (choices, near) = (list(allowed), did_you_mean(key, allowed));
                Err(Error::new(
                    ErrorKind::Config,
                    format!("{place} is not a key that belongs here; expected one of {choices}{near}"),
                ))
            }
        }
    }

    pub(super) fn table<'v>(&self, value: &'v Value) -> Result<&'v Table, Error> {
        value.as_table().ok_or_else(|| self.wrong(value, "a table"))
    }

    pub(super) fn text<'v>(&self, value: &'v Value, expected: &str) -> Result<&'v str, Error> {
        value.as_str().ok_or_else(|| self.wrong(value, expected))
    }

    pub(super) fn wrong(&self, value: &Value, expected: impl fmt::Display) -> Error {
        wrong(self, &shown(value), expected)
    }

    /// A text that may hold a credential in the way that a URL does.
    pub(super) fn wrong_url(&self, text: &str, expected: impl fmt::Display) -> Error {
        wrong(self, &without_credentials(text), expected)
    }

    /// A value that is never shown.
    pub(super) fn wrong_secret(&self, expected: impl fmt::Display) -> Error {
        wrong_secret(self, expected)
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: `{}`", self.file, self.path)
    }
}

/// A value as an error shows it; the length of tables and arrays is not bounded, and they may hold anything.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) | Value::Datetime(text) => text.clone(),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Boolean(value) => value.to_string(),
        Value::Array(items) if items.is_empty() => "[]".to_owned(),
        Value::Array(_) => "[…]".to_owned(),
        Value::Table(_) => "{…}".to_owned(),
    }
}
