//! The environment: names and values, read once.

mod client;
mod dotenv;
mod names;
mod service;
mod service_map;
mod value;

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::path::Path;

use super::mistake::{without_credentials, wrong, wrong_secret};
use super::text::read_text_of;
use crate::error::Error;

pub(crate) use client::{ClientEnv, executable_name};
pub(crate) use names::url_variable;

/// A set of names and values, as they were when it was taken.
///
/// Only names that can mean something to a client are kept, and `Debug` shows none of the values.
#[derive(Clone, Default)]
pub(crate) struct EnvSnapshot {
    /// The file that it comes from, for its errors; `None` for the environment.
    file: Option<String>,
    /// Of one name the last value holds.
    values: Vec<(String, OsString)>,
}

impl EnvSnapshot {
    /// The process's environment.
    pub(crate) fn from_process() -> Self {
        // A name that is not UTF-8 is not one of ours; a value may be, and is then an error where it is read.
        let pairs = env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        Self::of(None, pairs)
    }

    /// Any names and values; of one name the last value holds.
    pub(crate) fn from_pairs(
        pairs: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>,
    ) -> Self {
        let pairs = pairs
            .into_iter()
            .map(|(name, value)| (name.into(), OsString::from(value.into())));
        Self::of(None, pairs)
    }

    /// A file of lines such as `NAME=value`; the process's environment stays as it is.
    ///
    /// # Errors
    /// `Config`, when the file cannot be read, or with the file, the line and what is allowed.
    pub(crate) fn from_file(path: &Path) -> Result<Self, Error> {
        let text = read_text_of(path)?;
        Self::from_text(&path.display().to_string(), &text)
    }

    /// # Errors
    /// `Config`, with the file, the line and what is allowed.
    pub(crate) fn from_text(file: &str, text: &str) -> Result<Self, Error> {
        let pairs = dotenv::parse(file, text)?;
        let own = |(name, value): (String, String)| (name, OsString::from(value));
        Ok(Self::of(Some(file.to_owned()), pairs.into_iter().map(own)))
    }

    fn of(file: Option<String>, pairs: impl Iterator<Item = (String, OsString)>) -> Self {
        let values = pairs.filter(|(name, _)| names::is_ours(name)).collect();
        Self { file, values }
    }

    /// Reads a value; an empty one counts as not set.
    fn read<T>(
        &self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, &'static str>,
    ) -> Result<Option<T>, Error> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        match parse(text.trim()) {
            Ok(value) => Ok(Some(value)),
            Err(expected) => Err(wrong(self.place(name), text, expected)),
        }
    }

    /// The same for a URL, which may hold a credential.
    fn read_url<T>(
        &self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, &'static str>,
    ) -> Result<Option<T>, Error> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        match parse(text.trim()) {
            Ok(value) => Ok(Some(value)),
            Err(expected) => Err(wrong(self.place(name), &without_credentials(text), expected)),
        }
    }

    /// The same for a value that is never shown, and that is taken as it is.
    fn read_secret<T>(
        &self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, &'static str>,
    ) -> Result<Option<T>, Error> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        parse(text)
            .map(Some)
            .map_err(|expected| wrong_secret(self.place(name), expected))
    }

    /// The strongest of several names for one setting; all that are set are read, so that a bad alias is not passed by.
    fn read_first<T>(
        &self,
        names: &[impl AsRef<str>],
        parse: impl Fn(&str) -> Result<T, &'static str>,
    ) -> Result<Option<T>, Error> {
        names.iter().try_fold(None, |found: Option<T>, name| {
            let value = self.read(name.as_ref(), &parse)?;
            Ok(found.or(value))
        })
    }

    fn text(&self, name: &str) -> Result<Option<&str>, Error> {
        let mut latest_first = self.values.iter().rev();
        let Some((_, value)) = latest_first.find(|(set, _)| set == name) else {
            return Ok(None);
        };
        match value.to_str() {
            Some(text) => Ok(Some(text).filter(|text| !text.trim().is_empty())),
            None => Err(wrong_secret(self.place(name), "UTF-8 text")),
        }
    }

    /// A name as errors have it.
    fn place(&self, name: &str) -> String {
        match &self.file {
            Some(file) => format!("{file}: `{name}`"),
            None => format!("`{name}`"),
        }
    }
}

impl fmt::Debug for EnvSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.values.iter().map(|(name, _)| name).collect();
        f.debug_struct("EnvSnapshot")
            .field("file", &self.file)
            .field("names", &names)
            .finish()
    }
}

#[cfg(test)]
mod tests;
