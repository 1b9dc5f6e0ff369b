//! Values by their names.

use std::fmt;
use std::slice::Iter;

/// A map from names to values, in the order of the names.
///
/// A sorted list, for the few services, endpoints and queues that a client has: an insertion moves what is behind it. A
/// `BTreeMap` costs whoever builds this crate twenty times the code, for each type of value anew.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct ByName<V> {
    entries: Vec<(String, V)>,
}

impl<V> ByName<V> {
    pub(crate) fn get(&self, name: &str) -> Option<&V> {
        let place = self.place(name).ok()?;
        Some(&self.entries[place].1)
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn iter(&self) -> Iter<'_, (String, V)> {
        self.entries.iter()
    }

    /// Gives a name a value, in place of the one before.
    pub(crate) fn insert(&mut self, name: String, value: V) {
        match self.place(&name) {
            Ok(place) => self.entries[place].1 = value,
            Err(place) => self.entries.insert(place, (name, value)),
        }
    }

    /// The value of a name; one that has none gets the default.
    pub(crate) fn entry(&mut self, name: &str) -> &mut V
    where
        V: Default,
    {
        let place = self.place(name).unwrap_or_else(|place| {
            self.entries.insert(place, (name.to_owned(), V::default()));
            place
        });
        &mut self.entries[place].1
    }

    /// Keeps only those for which this is true.
    pub(crate) fn retain(&mut self, is_kept: impl Fn(&str, &V) -> bool) {
        self.entries.retain(|(name, value)| is_kept(name, value));
    }

    /// Where the name is, or where it belongs.
    fn place(&self, name: &str) -> Result<usize, usize> {
        self.entries
            .binary_search_by(|(known, _)| known.as_str().cmp(name))
    }
}

impl<V> Default for ByName<V> {
    fn default() -> Self {
        Self { entries: Vec::new() }
    }
}

impl<V: fmt::Debug> fmt::Debug for ByName<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        for (name, value) in &self.entries {
            map.entry(name, value);
        }
        map.finish()
    }
}

impl<V> IntoIterator for ByName<V> {
    type Item = (String, V);
    type IntoIter = std::vec::IntoIter<(String, V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

impl<'a, V> IntoIterator for &'a ByName<V> {
    type Item = &'a (String, V);
    type IntoIter = Iter<'a, (String, V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
impl<V> std::ops::Index<&str> for ByName<V> {
    type Output = V;

    fn index(&self, name: &str) -> &V {
        self.get(name).expect("an entry of this name")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&str, u8)]) -> ByName<u8> {
        let mut map = ByName::default();
        for (name, value) in pairs {
            map.insert((*name).to_owned(), *value);
        }
        map
    }

    #[test]
    fn names_are_in_their_order_whatever_came_first() {
        let shown = format!("{:?}", map(&[("b", 1), ("a", 2), ("c", 3)]));
        assert_eq!(shown, r#"{"a": 2, "b": 1, "c": 3}"#);
    }

    #[test]
    fn the_last_value_of_a_name_holds() {
        let twice = map(&[("a", 1), ("b", 2), ("a", 3)]);
        assert_eq!((twice.len(), twice["a"]), (2, 3));
        assert_eq!(twice.get("c"), None);
    }

    #[test]
    fn an_entry_is_the_default_until_it_is_changed() {
        let mut counts: ByName<u8> = ByName::default();
        *counts.entry("a") += 1;
        *counts.entry("a") += 1;
        assert_eq!(counts, map(&[("a", 2)]));
    }

    #[test]
    fn what_is_not_kept_is_gone() {
        let mut some = map(&[("a", 1), ("b", 2)]);
        some.retain(|name, _| name != "a");
        assert_eq!(some, map(&[("b", 2)]));
    }
}
