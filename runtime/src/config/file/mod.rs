//! `trunkline.toml`.

mod keys;
mod place;
mod section;
mod value;

use std::path::Path;

use super::settings::Settings;
use super::sources::ServiceLevel;
use super::text::{read_text, read_text_of};
use crate::by_name::ByName;
use crate::error::{Error, ErrorKind};
use place::Place;
use section::{Level, settings};
use value::{Malformed, Table, Value};

/// What a file says: about all services, and about each that it names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FileSettings {
    pub(crate) defaults: Settings,
    pub(crate) services: ByName<ServiceLevel>,
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
    pub(crate) fn parse(file: &str, text: &str) -> Result<Self, Error> {
        let document = document(file, text)?;
        let root = Place::root(file);
        root.check_keys(&document, &keys::ROOT)?;
        let defaults = root.get(&document, keys::DEFAULTS, |place, value| {
            settings(place, place.table(value)?, Level::Defaults)
        })?;
        let services = root.get(&document, keys::SERVICES, |place, value| {
            place.each(value, service)
        })?;
        Ok(Self {
            defaults: defaults.unwrap_or_default(),
            services: services.unwrap_or_default(),
        })
    }
}

/// Reads the text alone. The parser's error is not kept as a source: it shows the line, which may hold a secret.
fn document(file: &str, text: &str) -> Result<Table, Error> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    value::parse(text).map_err(|Malformed { place, why }| {
        let start = place.map_or(0, |place| place.start);
        let line = 1 + text.get(..start).unwrap_or_default().matches('\n').count();
        Error::new(ErrorKind::Config, format!("{file}, line {line}: {why}"))
    })
}

fn service(place: &Place<'_>, value: &Value) -> Result<ServiceLevel, Error> {
    let table = place.table(value)?;
    let endpoints = place.get(table, keys::ENDPOINTS, |place, value| {
        place.each(value, |place, value| {
            settings(place, place.table(value)?, Level::Endpoint)
        })
    })?;
    Ok(ServiceLevel {
        service: settings(place, table, Level::Service)?,
        endpoints: endpoints.unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests;
