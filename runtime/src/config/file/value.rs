//! The file as values.
//!
//! Ours, since those of `toml` come with its half for serde, which takes as long to build as all the rest of it.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::by_name::ByName;

/// What stands behind a key.
pub(super) enum Value {
    String(String),
    Integer(i64),
    Float(f64),
    Boolean(bool),
    /// As it is shown.
    Datetime(String),
    Array(Vec<Self>),
    Table(Table),
}

pub(super) type Table = ByName<Value>;

/// Why the text is no file of ours, and where in it.
pub(super) struct Malformed {
    pub(super) place: Option<Range<usize>>,
    pub(super) why: String,
}

/// # Errors
/// Where the text is not TOML, or a number in it is too large.
pub(super) fn parse(text: &str) -> Result<Table, Malformed> {
    let document = DeTable::parse(text).map_err(|error| Malformed {
        place: error.span(),
        why: error.message().to_owned(),
    })?;
    table(document.get_ref())
}

fn table(parsed: &DeTable<'_>) -> Result<Table, Malformed> {
    let mut table = Table::default();
    for (name, parsed) in parsed {
        table.insert(name.get_ref().to_string(), value(parsed)?);
    }
    Ok(table)
}

fn value(parsed: &Spanned<DeValue<'_>>) -> Result<Value, Malformed> {
    let too_large = |why: &str| Malformed {
        place: Some(parsed.span()),
        why: why.to_owned(),
    };
    Ok(match parsed.get_ref() {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(digits) => {
            let number = i64::from_str_radix(digits.as_str(), digits.radix());
            Value::Integer(number.map_err(|_| too_large("integer number overflowed"))?)
        }
        DeValue::Float(digits) => {
            let number = digits.as_str().parse().unwrap_or(f64::INFINITY);
            if number.is_infinite() && !digits.as_str().contains("inf") {
                return Err(too_large("floating-point number overflowed"));
            }
            Value::Float(number)
        }
        DeValue::Boolean(value) => Value::Boolean(*value),
        DeValue::Datetime(time) => Value::Datetime(time.to_string()),
        DeValue::Array(items) => Value::Array(items.iter().map(value).collect::<Result<_, _>>()?),
        DeValue::Table(parsed) => Value::Table(table(parsed)?),
    })
}

impl Value {
    pub(super) fn as_str(&self) -> Option<&str> {
        let Self::String(text) = self else { return None };
        Some(text)
    }

    pub(super) fn as_integer(&self) -> Option<i64> {
        let Self::Integer(number) = self else { return None };
        Some(*number)
    }

    pub(super) fn as_bool(&self) -> Option<bool> {
        let Self::Boolean(value) = self else { return None };
        Some(*value)
    }

    pub(super) fn as_array(&self) -> Option<&[Self]> {
        let Self::Array(items) = self else { return None };
        Some(items)
    }

    pub(super) fn as_table(&self) -> Option<&Table> {
        let Self::Table(table) = self else { return None };
        Some(table)
    }
}

#[cfg(test)]
mod tests {
    use crate::config::file::FileSettings;

    #[test]
    fn a_number_may_have_another_base_and_separators() {
        for number in ["0x10", "0o20", "0b10000", "+16", "1_6"] {
            let file = FileSettings::parse("f", &format!("[defaults]\nredirects = {number}")).expect(number);
            assert_eq!(file.defaults.redirects, Some(16), "{number}");
        }
    }

    #[test]
    fn a_number_that_is_too_large_is_an_error_of_its_line() {
        for number in ["99999999999999999999999999999999999999999", "1e999"] {
            let text = format!("[defaults]\nredirects = {number}");
            let error = FileSettings::parse("f", &text).expect_err(number).to_string();
            assert!(
                error.contains("f, line 2: ") && error.contains("number overflowed"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_value_of_the_wrong_type_is_shown_as_it_is_read() {
        for (written, shown) in [
            ("1.50", "1.5"),
            ("1979-05-27T07:32:00Z", "1979-05-27T07:32:00Z"),
            ("-inf", "-inf"),
        ] {
            let text = format!("[defaults]\nhealth_path = {written}");
            let error = FileSettings::parse("f", &text).expect_err(written).to_string();
            assert!(error.contains(&format!("`{shown}`")), "{error}");
        }
    }
}
