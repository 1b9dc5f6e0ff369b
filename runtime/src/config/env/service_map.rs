//! The JSON map of services: `{"order-service": "http://a", "model-service": ["http://b", "http://c"]}`.

use std::fmt;

use serde::Deserializer;
use serde::de::{MapAccess, Visitor};
use serde_json::Value;
use url::Url;

use super::EnvSnapshot;
use crate::by_name::ByName;
use crate::config::base_url::base_url;
use crate::config::mistake::{without_credentials, wrong, wrong_secret};
use crate::error::Error;

const A_MAP: &str = "a JSON object from a service's name to its URL or an array of URLs";
const URLS: &str = "a URL or an array of one or more URLs";

/// Reads the map under each of several names, the strongest first; of one service the strongest entry holds.
pub(super) fn read(snapshot: &EnvSnapshot, names: &[&str]) -> Result<ByName<Vec<Url>>, Error> {
    let mut services = ByName::default();
    for name in names {
        let Some(text) = snapshot.text(name)? else {
            continue;
        };
        for (service, urls) in parse(&snapshot.place(name), text)? {
            if services.get(&service).is_none() {
                services.insert(service, urls);
            }
        }
    }
    Ok(services)
}

fn parse(place: &str, text: &str) -> Result<Vec<(String, Vec<Url>)>, Error> {
    // Neither the text nor the parser's words are shown: a broken map may hold an address with a credential.
    let entries = entries(text).map_err(|error| {
        let position = format_args!("{A_MAP} (line {}, column {})", error.line(), error.column());
        wrong_secret(place, position)
    })?;
    let mut services: Vec<(String, Vec<Url>)> = Vec::new();
    for (service, value) in entries {
        let place = format!("{place}, service `{service}`,");
        if services.iter().any(|(known, _)| *known == service) {
            return Err(wrong_secret(place, "one entry a service"));
        }
        let urls = urls(&place, &value)?;
        services.push((service, urls));
    }
    Ok(services)
}

fn entries(text: &str) -> serde_json::Result<Vec<(String, Value)>> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let entries = reader.deserialize_map(Entries)?;
    reader.end().map(|()| entries)
}

fn urls(place: &str, value: &Value) -> Result<Vec<Url>, Error> {
    match value {
        Value::String(text) => Ok(vec![url(place, text)?]),
        Value::Array(items) if !items.is_empty() => items
            .iter()
            .map(|item| match item {
                Value::String(text) => url(place, text),
                _ => Err(wrong(place, &shape(item), URLS)),
            })
            .collect(),
        _ => Err(wrong(place, &shape(value), URLS)),
    }
}

fn url(place: &str, text: &str) -> Result<Url, Error> {
    base_url(text.trim()).map_err(|expected| wrong(place, &without_credentials(text), expected))
}

/// A value that is no text, as an error may show it.
fn shape(value: &Value) -> String {
    match value {
        Value::Object(_) => "{…}".to_owned(),
        Value::Array(items) if !items.is_empty() => "[…]".to_owned(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            value.to_string()
        }
    }
}

/// The entries as they are written; a map would silently keep the last of two with one name.
struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Vec<(String, Value)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(A_MAP)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(entries)
    }
}
