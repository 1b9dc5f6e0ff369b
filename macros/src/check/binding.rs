//! Where does each argument go?

use super::{Argument, Target, body};
use crate::attr::{Binding, Leftover, Source, Verb};
use crate::errors::Errors;
use crate::model::{Method, Parameter};
use crate::spanned::Spanned;
use crate::suggest;
use crate::template::{Extent, Placeholder, Template};

const CHOICES: &str = "`#[query]`, `#[header(\"X-Name\")]`, `#[json]`, `#[field]`, `#[form]`, `#[body]`, or a placeholder \
                       in the path";

/// An argument and what was said about it, or `None` when nothing was.
struct Bound<'a> {
    parameter: &'a Parameter,
    target: Option<Target>,
}

/// Binds every argument; one that cannot be bound is an error and is left out.
pub(super) fn bind<'a>(method: &'a Method, verb: &Verb, errors: &mut Errors) -> Vec<Argument<'a>> {
    let template = verb.template.as_ref();
    let mut arguments = match template {
        Some(template) => bind_path(method, template, errors),
        None => Vec::new(),
    };
    let is_foreign = template.is_some_and(|template| is_foreign(method, template, errors));
    let is_complete =
        !is_foreign && template.is_some_and(|template| template.value.placeholders.len() == arguments.len());
    let mut rest = Vec::new();
    for parameter in &method.parameters {
        if !is_in_path(parameter, template) {
            rest.extend(bind_by_attribute(parameter));
        }
    }
    // Without a path that is filled there is no telling which of them are left over.
    if is_complete {
        bind_leftovers(&mut rest, verb, errors);
    }
    let mut rest: Vec<_> = rest.into_iter().filter_map(Bound::finish).collect();
    body::check(&rest, verb, errors);
    rest.sort_by_key(|argument| order(&argument.target));
    arguments.extend(rest);
    arguments
}

/// One argument for each placeholder, in the order of the template.
fn bind_path<'a>(method: &'a Method, template: &Spanned<Template>, errors: &mut Errors) -> Vec<Argument<'a>> {
    let has_stray = method
        .parameters
        .iter()
        .any(|parameter| is_stray(parameter, &template.value, errors));
    let is_understood = !has_stray && method.parameters.iter().all(Parameter::is_understood);
    let mut arguments = Vec::new();
    for placeholder in &template.value.placeholders {
        let mut matching = method
            .parameters
            .iter()
            .filter(|parameter| path_name(parameter) == Some(placeholder.name.clone()));
        let Some(parameter) = matching.next() else {
            // Else the mistake is in the argument, and has been reported.
            if is_understood {
                errors.push_at(template.span, without_parameter(method, placeholder));
            }
            continue;
        };
        if let Some(second) = matching.next() {
            errors.push(
                &second.pattern,
                format!("`{{{}}}` is filled by another argument already", placeholder.name),
            );
        }
        let target = match placeholder.extent {
            Extent::Segment | Extent::Rest => Target::Path,
            Extent::Optional => Target::OptionalPath,
        };
        arguments.push(Argument { parameter, target });
    }
    arguments
}

/// `:id`, as other libraries write `{id}`: it would be sent as it is, and the argument as something else.
fn is_foreign(method: &Method, template: &Spanned<Template>, errors: &mut Errors) -> bool {
    let is_written = |name: &String| {
        let mut segments = template.value.text.split('/');
        segments.any(|segment| segment.strip_prefix(':') == Some(name))
    };
    let unmarked = method
        .parameters
        .iter()
        .filter(|parameter| parameter.binding.is_none());
    let Some(name) = unmarked.filter_map(Parameter::name).find(is_written) else {
        return false;
    };
    errors.push_at(
        template.span,
        format!("`:{name}` would be sent as it is; a placeholder is `{{{name}}}`"),
    );
    true
}

/// The placeholder that an argument would fill.
fn path_name(parameter: &Parameter) -> Option<String> {
    match &parameter.binding {
        None
        | Some(Binding {
            source: Source::Path(None),
            ..
        }) => parameter.name(),
        Some(Binding {
            source: Source::Path(Some(name)),
            ..
        }) => Some(name.value.clone()),
        Some(Binding { .. }) => None,
    }
}

fn is_in_path(parameter: &Parameter, template: Option<&Spanned<Template>>) -> bool {
    let name = path_name(parameter);
    let placeholders = template.map_or(&[][..], |template| &template.value.placeholders);
    placeholders
        .iter()
        .any(|placeholder| Some(&placeholder.name) == name.as_ref())
}

fn without_parameter(method: &Method, placeholder: &Placeholder) -> String {
    let name = &placeholder.name;
    let names: Vec<String> = method.parameters.iter().filter_map(Parameter::name).collect();
    let help = match names.iter().find(|written| suggest::is_near(name, written)) {
        Some(near) => format!("\nhelp: an argument with a similar name exists: `{near}`"),
        None => String::new(),
    };
    format!(
        "`{{{name}}}` has no argument; expected one called `{name}`, or one with `#[path(\"{name}\")]`{help}"
    )
}

/// `#[path]` on an argument that the path does not mention.
fn is_stray(parameter: &Parameter, template: &Template, errors: &mut Errors) -> bool {
    let Some(Binding {
        source: Source::Path(written),
        span,
    }) = &parameter.binding
    else {
        return false;
    };
    let name = path_name(parameter).unwrap_or_default();
    if template
        .placeholders
        .iter()
        .any(|placeholder| placeholder.name == name)
    {
        return false;
    }
    let place = written.as_ref().map_or(*span, |name| name.span);
    let known: Vec<String> = template
        .placeholders
        .iter()
        .map(|known| format!("`{{{}}}`", known.name))
        .collect();
    let expected = if known.is_empty() {
        format!("expected `{{{name}}}` in the path")
    } else {
        suggest::one_of(&known)
    };
    errors.push_at(
        place,
        format!(
            "the path `{}` has no placeholder `{{{name}}}`; {expected}",
            template.text
        ),
    );
    true
}

fn bind_by_attribute(parameter: &Parameter) -> Option<Bound<'_>> {
    let own = || parameter.name().unwrap_or_default();
    let named = |name: &Option<Spanned<String>>| name.as_ref().map_or_else(own, |name| name.value.clone());
    let target = match parameter.binding.as_ref().map(|binding| &binding.source) {
        // A mistake that has been reported.
        Some(Source::Path(_) | Source::Unknown) => return None,
        Some(Source::Query(name)) => Some(Target::Query(named(name))),
        Some(Source::Header(name)) => Some(Target::Header(name.clone())),
        Some(Source::Json) => Some(Target::Json),
        Some(Source::Field(name)) => Some(Target::Field(named(name))),
        Some(Source::Form) => Some(Target::Form),
        Some(Source::Body) => Some(Target::Body),
        // A pattern has been reported.
        None if parameter.ident.is_none() => return None,
        None => None,
    };
    Some(Bound { parameter, target })
}

/// The verb says what becomes of an argument that nothing was said about.
fn bind_leftovers(bound: &mut [Bound<'_>], verb: &Verb, errors: &mut Errors) {
    let body = bound
        .iter()
        .find_map(|bound| bound.target.as_ref().filter(|target| target.is_body()))
        .cloned();
    let leftovers: Vec<&mut Bound<'_>> = bound.iter_mut().filter(|bound| bound.target.is_none()).collect();
    match verb.leftover() {
        Leftover::Query => {
            for leftover in leftovers {
                leftover.target = leftover.parameter.name().map(Target::Query);
            }
        }
        Leftover::Nothing => {
            for leftover in leftovers {
                let name = leftover.parameter.name().unwrap_or_default();
                errors.push(
                    &leftover.parameter.pattern,
                    format!("every argument of a `#[request]` says where it goes; expected for `{name}` one of {CHOICES}"),
                );
            }
        }
        Leftover::Body => bind_body(leftovers, body.as_ref(), errors),
    }
}

/// One leftover is the JSON body, unless there is a body already.
fn bind_body(mut leftovers: Vec<&mut Bound<'_>>, body: Option<&Target>, errors: &mut Errors) {
    let names: Vec<String> = leftovers
        .iter()
        .filter_map(|leftover| leftover.parameter.name())
        .collect();
    match (leftovers.as_mut_slice(), body) {
        ([], _) => {}
        ([only], None) => only.target = Some(Target::Json),
        ([first, ..], Some(body)) => errors.push(
            &first.parameter.pattern,
            format!(
                "`{}` is left over, and {} is the body already; expected one of {CHOICES}",
                names.join("`, `"),
                body.describe()
            ),
        ),
        ([_, second, ..], None) => errors.push(
            &second.parameter.pattern,
            format!(
                "`{}` are left over, and only one can be the JSON body; expected on the others one of {CHOICES}",
                names.join("`, `")
            ),
        ),
    }
}

/// The order in which the call takes them: header after query, the body last.
fn order(target: &Target) -> u8 {
    match target {
        Target::Path | Target::OptionalPath => 0,
        Target::Query(_) => 1,
        Target::Header(_) => 2,
        Target::Json | Target::Field(_) | Target::Form | Target::Body => 3,
    }
}

impl<'a> Bound<'a> {
    fn finish(self) -> Option<Argument<'a>> {
        Some(Argument {
            parameter: self.parameter,
            target: self.target?,
        })
    }
}

impl Parameter {
    /// Whether its name and its attribute could be read; a mistake in them has been reported.
    fn is_understood(&self) -> bool {
        let is_unknown = matches!(
            self.binding,
            Some(Binding {
                source: Source::Unknown,
                ..
            })
        );
        self.ident.is_some() && !is_unknown
    }

    /// The attribute that binds the argument, else its name.
    pub(super) fn binding_span(&self) -> proc_macro2::Span {
        match (&self.binding, &self.ident) {
            (Some(binding), _) => binding.span,
            (None, Some(ident)) => ident.span(),
            (None, None) => proc_macro2::Span::call_site(),
        }
    }
}
