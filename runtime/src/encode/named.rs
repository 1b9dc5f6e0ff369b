//! A target whose path values are given by name, in any order: the untyped client's.

use std::sync::Arc;

use super::flat::Place;
use super::path::{PathValue, Shown};
use super::query::{Pairs, QueryArgument};
use super::target::{LIMIT, Target};
use super::{percent, refuse};
use crate::Error;
use crate::endpoint::PathTemplate;

/// A path and query under construction; the first thing that goes wrong is kept until [`finish`](Self::finish).
#[derive(Debug)]
pub(crate) struct NamedTarget {
    template: String,
    /// Names and values as they were given.
    values: Vec<(String, String)>,
    /// What was given, encoded.
    query: String,
    error: Option<Error>,
}

impl NamedTarget {
    pub(crate) fn start(template: &str) -> Self {
        Self {
            template: template.to_owned(),
            values: Vec::new(),
            query: String::new(),
            error: None,
        }
    }

    /// Gives the placeholder of this name its value.
    pub(crate) fn path(&mut self, name: &str, value: &dyn PathValue) {
        let mut text = String::new();
        if let Err(fault) = percent::push_plain(&mut text, LIMIT, &Shown(value)) {
            self.fail(refuse("path parameter", name, fault));
        } else if self.values.iter().any(|(given, _)| given == name) {
            self.fail(refuse("path parameter", name, "it was given twice"));
        } else {
            self.values.push((name.to_owned(), text));
        }
    }

    /// Adds a query parameter.
    pub(crate) fn query(&mut self, name: &str, value: &dyn QueryArgument) {
        let separator = if self.query.is_empty() { "" } else { "&" };
        let mut pairs = Pairs {
            out: &mut self.query,
            separator,
            limit: LIMIT,
        };
        if let Err(fault) = pairs.write(name, Place::Argument, value) {
            self.fail(refuse("query parameter", name, fault));
        }
    }

    /// The path and query as they go on the wire.
    ///
    /// # Errors
    /// `Request`, naming the template's fault, or the first parameter that could not be sent, is missing or unknown.
    pub(crate) fn finish(self) -> Result<String, Error> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let template = Arc::new(PathTemplate::parse(&self.template)?);
        check_names(&template, &self.values)?;
        let mut target = Target::start(Arc::clone(&template));
        for name in template.placeholders() {
            let given = self.values.iter().find(|(given, _)| given == name);
            target.optional(&given.map(|(_, value)| value));
        }
        target.encoded_query(&self.query);
        target.finish()
    }

    fn fail(&mut self, error: Error) {
        self.error.get_or_insert(error);
    }
}

fn check_names(template: &PathTemplate, values: &[(String, String)]) -> Result<(), Error> {
    for (given, _) in values {
        if template.placeholders().any(|name| name == given) {
            continue;
        }
        let choices: Vec<_> = template.placeholders().map(|name| format!("`{name}`")).collect();
        let template = template.as_str();
        return Err(refuse(
            "path parameter",
            given,
            match choices.as_slice() {
                [] => format!("`{template}` has no placeholders"),
                choices => format!(
                    "`{template}` has no such placeholder; it has {}",
                    choices.join(", ")
                ),
            },
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(template: &str, values: &[(&str, &str)], expected: Result<&str, &str>) {
        let mut target = NamedTarget::start(template);
        for (name, value) in values {
            target.path(name, value);
        }
        match (target.finish(), expected) {
            (Ok(target), Ok(expected)) => assert_eq!(target, expected),
            (Err(error), Err(expected)) => assert!(error.to_string().contains(expected), "{error}"),
            (outcome, expected) => panic!("{template} {values:?}: {outcome:?} is not {expected:?}"),
        }
    }

    #[test]
    fn values_go_by_name_in_any_order() {
        check("/o/{id}", &[("id", "a/b")], Ok("/o/a%2Fb"));
        check("/{a}/{b}", &[("b", "2"), ("a", "1")], Ok("/1/2"));
        check("/o/{id?}", &[], Ok("/o"));
        check("/o/{id?}", &[("id", "1")], Ok("/o/1"));
        check("/{rest*}", &[("rest", "a/b")], Ok("/a/b"));
    }

    #[test]
    fn missing_unknown_and_double_values_are_errors() {
        check(
            "/{a}/{b}",
            &[("a", "1")],
            Err("path parameter `b`: no value was given"),
        );
        check(
            "/{a}/{b}",
            &[("c", "1")],
            Err("path parameter `c`: `/{a}/{b}` has no such placeholder; it has `a`, `b`"),
        );
        check(
            "/a",
            &[("c", "1")],
            Err("path parameter `c`: `/a` has no placeholders"),
        );
        check(
            "/{a}",
            &[("a", "1"), ("a", "2")],
            Err("path parameter `a`: it was given twice"),
        );
        check("/{a}", &[("a", "")], Err("path parameter `a`: an empty segment"));
        check("/{", &[], Err("path template `/{`: unbalanced braces"));
    }

    #[test]
    fn the_query_may_come_before_the_path() {
        let mut target = NamedTarget::start("/o/{id}");
        target.query("page", &1);
        target.query("none", &None::<u8>);
        target.query("tag", &["a", "b"]);
        target.path("id", &123);
        assert_eq!(target.finish().expect("complete"), "/o/123?page=1&tag=a&tag=b");
    }
}
