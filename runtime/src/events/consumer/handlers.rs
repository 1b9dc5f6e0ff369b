//! Which handler an event goes to.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::super::delivery::{Delivery, Received};
use super::super::handler::HandlerError;
use super::super::text::Text;
use crate::by_name::ByName;
use crate::reply::path_of;
use crate::{Error, ErrorKind};

/// A handler of events of any type. `Err` is why the event does not decode.
pub(crate) type Handler = Box<dyn Fn(&Arc<Received>, u32) -> Result<Handling, String> + Send + Sync>;

pub(crate) type Handling = Pin<Box<dyn Future<Output = Result<(), HandlerError>> + Send>>;

/// The handlers of a subscription by name and version.
#[derive(Default)]
pub(crate) struct Handlers {
    /// A handler without a version takes all that have none of their own.
    by_name: ByName<Vec<(Option<u32>, Handler)>>,
}

impl Handlers {
    /// # Errors
    /// `Config` when there is one for this name and version already.
    pub(crate) fn add(&mut self, name: &Text, version: Option<u32>, handler: Handler) -> Result<(), Error> {
        let versions = self.by_name.entry(name);
        if versions.iter().any(|(known, _)| *known == version) {
            let message = format!("two handlers for the event `{name}`: expected one for a version");
            return Err(Error::new(ErrorKind::Config, message));
        }
        versions.push((version, handler));
        Ok(())
    }

    pub(crate) fn names(&self) -> Vec<Text> {
        self.by_name.iter().map(|(name, _)| Text::copy(name)).collect()
    }

    /// The handler of an event; an event that does not say its version goes to the lowest there is.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) fn find(&self, name: &Text, version: Option<u32>) -> Result<&Handler, String> {
        let Some(versions) = self.by_name.get(name) else {
            return Err(format!("no handler for `{name}`"));
        };
        let of = |wanted: Option<u32>| versions.iter().find(|(known, _)| *known == wanted);
        let found = match version {
            Some(_) => of(version).or_else(|| of(None)),
            None => versions.iter().min_by_key(|(known, _)| *known),
        };
        let unknown = || {
            format!(
                "no handler for version {} of `{name}`",
                version.unwrap_or_default()
            )
        };
        found.map(|(_, handler)| handler).ok_or_else(unknown)
    }
}

/// Forgets the type of the event: it is decoded for each attempt.
pub(crate) fn erase<T, F, R, E>(handler: F) -> Handler
where
    T: DeserializeOwned + Send + 'static,
    F: Fn(Delivery<T>) -> R + Send + Sync + 'static,
    R: Future<Output = Result<(), E>> + Send + 'static,
    E: Into<HandlerError>,
{
    Box::new(move |received, attempt| {
        let value = decode(&received.message().body)?;
        let handling = handler(Delivery::new(value, attempt, Arc::clone(received)));
        Ok(Box::pin(async move { handling.await.map_err(Into::into) }))
    })
}

fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    // All of it is text at once, rather than each string in it by itself; a body that is none is refused with its place.
    let decoded = match std::str::from_utf8(body) {
        Ok(text) => serde_json::from_str(text),
        Err(_) => serde_json::from_slice(body),
    };
    decoded.map_err(|error| match path_of(&error, body) {
        path if path.is_empty() => format!("the event does not decode: {error}"),
        path => format!("the event does not decode at `{path}`: {error}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handlers(versions: &[Option<u32>]) -> Handlers {
        let mut handlers = Handlers::default();
        for version in versions {
            let shown = format!("{version:?}");
            let handler: Handler = Box::new(move |_, _| Err(shown.clone()));
            handlers.add(&"paid".into(), *version, handler).expect("distinct");
        }
        handlers
    }

    fn check(versions: &[Option<u32>], version: Option<u32>, expected: Result<Option<u32>, &str>) {
        let handlers = handlers(versions);
        let found = handlers.find(&"paid".into(), version);
        let expected_place = expected
            .ok()
            .and_then(|wanted| versions.iter().position(|known| *known == wanted));
        match found {
            Ok(handler) => {
                let versions = &handlers.by_name[&Text::from("paid")];
                let place = versions
                    .iter()
                    .position(|(_, known)| std::ptr::eq(known, handler));
                assert_eq!(place, expected_place, "{version:?}");
            }
            Err(reason) => assert_eq!(Some(reason.as_str()), expected.err()),
        }
    }

    #[test]
    fn an_event_goes_to_the_handler_of_its_version() {
        check(&[Some(1), Some(2)], Some(2), Ok(Some(2)));
        check(&[Some(1), None], Some(2), Ok(None));
        check(&[Some(2), Some(1)], None, Ok(Some(1)));
        check(&[Some(1), None], None, Ok(None));
        check(&[Some(1)], Some(3), Err("no handler for version 3 of `paid`"));
    }

    #[test]
    fn two_handlers_for_one_version_are_refused() {
        let again = handlers(&[Some(1)]).add(&"paid".into(), Some(1), Box::new(|_, _| Err(String::new())));
        assert_eq!(again.expect_err("taken").kind(), ErrorKind::Config);
    }

    #[test]
    fn what_does_not_decode_says_where() {
        #[derive(Debug, serde::Deserialize)]
        struct Paid {
            #[expect(dead_code, reason = "read by nobody")]
            amount: u32,
        }
        let fault = decode::<Paid>(br#"{"amount":"1"}"#).expect_err("text");
        assert!(
            fault.starts_with("the event does not decode at `amount`: "),
            "{fault}"
        );
        assert!(decode::<Paid>(b"").is_err());
    }
}
