//! How exchange, queues and keys are named: the same in process and on a broker.

use std::borrow::Cow;

use super::names::ALL;
use super::text::Text;

/// The last words of the queues beside that of a label: what is urgent, and dead letters.
pub(crate) const HIGH_WORD: &str = "high";
pub(crate) const DEAD_WORD: &str = "dead";

/// Where an event goes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Route {
    /// By our topology: to the target's group, or to every group that handles the name.
    Address {
        target: Option<Text>,
        source: Text,
        name: Text,
    },
    /// By the publisher's own routing key.
    Key(Text),
}

impl Route {
    /// The routing key: `{target|all}.{source}.{type}`.
    pub(crate) fn key(&self) -> Text {
        match self {
            Self::Key(key) => key.clone(),
            Self::Address { target, source, name } => {
                let target = target.as_deref().map_or(Cow::Borrowed(ALL), segment);
                Text::format(format_args!("{target}.{}.{}", segment(source), segment(name)))
            }
        }
    }

    /// The bytes of the key.
    pub(crate) fn key_length(&self) -> usize {
        match self {
            Self::Key(key) => key.len(),
            Self::Address { target, source, name } => {
                target.as_deref().unwrap_or(ALL).len() + source.len() + name.len() + 2
            }
        }
    }

    /// The first and the last word of the key, which are what a group binds; `None` when it has not three.
    pub(crate) fn ends(&self) -> Option<(Cow<'_, str>, Cow<'_, str>)> {
        match self {
            Self::Address { target, name, .. } => {
                let target = target.as_deref().map_or(Cow::Borrowed(ALL), segment);
                Some((target, segment(name)))
            }
            Self::Key(key) => {
                let mut words = key.split('.');
                let ends = (words.next()?.into(), words.nth(1)?.into());
                words.next().is_none().then_some(ends)
            }
        }
    }
}

/// A name as one word of a routing key; headers keep the true one.
pub(crate) fn segment(name: &str) -> Cow<'_, str> {
    if name.contains('.') {
        Cow::Owned(name.replace('.', "_"))
    } else {
        Cow::Borrowed(name)
    }
}

/// What names the queue of a subscription, its lanes, its retries and its dead letters: `{group}[.{subscription}]`.
pub(crate) fn label(group: &str, subscription: Option<&str>) -> String {
    match subscription {
        None => segment(group).into_owned(),
        Some(subscription) => format!("{}.{}", segment(group), segment(subscription)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(target: Option<&str>, name: &str) -> Route {
        Route::Address {
            target: target.map(Text::copy),
            source: Text::copy("check.out"),
            name: Text::copy(name),
        }
    }

    fn check(route: &Route, key: &str, ends: Option<(&str, &str)>) {
        assert_eq!(&*route.key(), key);
        assert_eq!(route.key_length(), key.len());
        let found = route.ends();
        let found = found.as_ref().map(|(first, last)| (&**first, &**last));
        assert_eq!(found, ends, "{route:?}");
    }

    #[test]
    fn a_key_has_three_words_whatever_the_names_hold() {
        check(
            &address(None, "paid"),
            "all.check_out.paid",
            Some(("all", "paid")),
        );
        check(
            &address(Some("a.b"), "c.d"),
            "a_b.check_out.c_d",
            Some(("a_b", "c_d")),
        );
    }

    #[test]
    fn a_publishers_own_key_matches_by_its_words() {
        check(&Route::Key("a.b.c".into()), "a.b.c", Some(("a", "c")));
        check(&Route::Key("a.b".into()), "a.b", None);
        check(&Route::Key("a.b.c.d".into()), "a.b.c.d", None);
        check(&Route::Key("a".into()), "a", None);
    }

    #[test]
    fn a_subscription_names_its_queue() {
        assert_eq!(label("a.b", None), "a_b");
        assert_eq!(label("a.b", Some("c.d")), "a_b.c_d");
    }
}
