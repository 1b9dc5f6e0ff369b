//! How much a queue of this process may hold.

use url::Url;

use crate::{Error, ErrorKind};

/// The bounds of each queue, and once more of its dead letters and of what is unrouted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// Events that are ready, in hand or waiting for a retry.
    pub(crate) events: usize,
    /// The bytes of the same.
    pub(crate) bytes: usize,
}

impl Bounds {
    /// As the address says: `memory:?events=100000&bytes=67108864`, which are the defaults.
    ///
    /// # Errors
    /// `Config` for an unknown name and for what is no number from 1.
    pub(crate) fn of(url: &Url) -> Result<Self, Error> {
        let mut bounds = Self::default();
        for (name, value) in url.query_pairs() {
            let bound = match &*name {
                "events" => &mut bounds.events,
                "bytes" => &mut bounds.bytes,
                _ => return Err(wrong(&name, &value, "`events` or `bytes`")),
            };
            let number = value.parse().ok().filter(|number| *number > 0);
            *bound = number.ok_or_else(|| wrong(&name, &value, "a number from 1"))?;
        }
        Ok(bounds)
    }
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            events: 100_000,
            bytes: 64 * 1024 * 1024,
        }
    }
}

fn wrong(name: &str, value: &str, expected: &str) -> Error {
    let message = format!("events at `memory:`: `{name}={value}`: expected {expected}");
    Error::new(ErrorKind::Config, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str, expected: Result<(usize, usize), &str>) {
        let bounds = Bounds::of(&url.parse().expect("a URL"));
        let bounds = bounds.map(|bounds| (bounds.events, bounds.bytes));
        let bounds = bounds.map_err(|error| error.message().to_owned());
        assert_eq!(bounds, expected.map_err(str::to_owned), "{url}");
    }

    #[test]
    fn the_address_may_say_the_bounds() {
        check("memory:", Ok((100_000, 64 * 1024 * 1024)));
        check("memory:?events=5&bytes=6", Ok((5, 6)));
        check(
            "memory:?events=0",
            Err("events at `memory:`: `events=0`: expected a number from 1"),
        );
        check(
            "memory:?size=1",
            Err("events at `memory:`: `size=1`: expected `events` or `bytes`"),
        );
    }
}
