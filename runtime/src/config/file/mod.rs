//! `trunkline.toml`.

use std::collections::BTreeMap;
use std::path::Path;

use super::settings::Settings;
use super::sources::ServiceLevel;
use super::text::{read_text, read_text_of};
use crate::error::Error;

/// What a file says: about all services, and about each that it names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FileSettings {
    pub(crate) defaults: Settings,
    pub(crate) services: BTreeMap<String, ServiceLevel>,
}

impl FileSettings {
    /// # Errors
    /// `Config`, when there is no such file, and as [`parse`](Self::parse).
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let text = read_text_of(path)?;
        Self::parse(&path.display().to_string(), &text)
    }

    /// `None` when there is no such file.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub(crate) fn read_if_present(path: &Path) -> Result<Option<Self>, Error> {
        let text = read_text(path)?;
        text.map(|text| Self::parse(&path.display().to_string(), &text))
            .transpose()
    }

    /// # Errors
    /// `Config`, with the file, the key, the value (unless it may be a secret) and what is allowed.
    pub(crate) fn parse(_file: &str, _text: &str) -> Result<Self, Error> {
        Ok(Self::default())
    }
}
