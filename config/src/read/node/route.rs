//! `kind: route`.

use super::super::{Field, Keys, Section};
use crate::error::{ProblemKind, Problems};
use crate::{Destination, HeaderMatch, InvalidSticky, Reach, Route, RouteRule, Split, Sticky, Target};

const KEYS: Keys = Keys::of(&["name", "kind", "panicBudget", "rules"]);

const RULE: Keys = Keys::of(&[
    "path", "exact", "methods", "headers", "host", "upstream", "split", "sticky",
]);

const TARGET: Keys = Keys::of(&["upstream", "weight"]);

pub(super) fn read(section: &Section<'_>, problems: &mut Problems) -> Route {
    section.check_keys(&KEYS, problems);
    let example = "rules: [ { path: /, upstream: web } ]";
    let Some(field) = section.require("rules", example, problems) else {
        return Route::new();
    };
    let advice = format!("write for example `{example}`");
    let items = field
        .items("a list of rules", &advice, problems)
        .unwrap_or_default();
    Route {
        rules: items.iter().map(|item| rule(item, problems)).collect(),
    }
}

fn rule(field: &Field<'_>, problems: &mut Problems) -> RouteRule {
    let Some(section) = Section::open(field, &RULE, "{ path: /, upstream: web }", problems) else {
        problems.hide(&field.path);
        return RouteRule::new("", "");
    };
    let (key, reach) = match section.field("exact") {
        Some(_) => ("exact", Reach::Exact),
        None => ("path", Reach::Below),
    };
    let path = either(&section, ("path", "exact"), problems)
        .or_else(|| section.require(key, "path: /", problems))
        .and_then(|field| field.text("a path", "/pay", problems))
        .unwrap_or_default();
    let mut rule = RouteRule::to(path, destination(&section, problems));
    rule.reach = reach;
    rule.methods = methods(&section, problems);
    if let Some(field) = section.field("headers") {
        let is = |value: String| match value.as_str() {
            "present" => HeaderMatch::Present,
            _ => HeaderMatch::Is(value),
        };
        let headers = field.headers(problems).into_iter();
        rule.headers = headers.map(|(name, value)| (name, is(value))).collect();
    }
    rule.host = section
        .field("host")
        .and_then(|field| field.text("a host", "shop.example", problems))
        .map(str::to_owned);
    rule
}

/// The value of the one of two keys that is there; reports both.
fn either<'t>(
    section: &Section<'t>,
    (first, second): (&str, &str),
    problems: &mut Problems,
) -> Option<Field<'t>> {
    match (section.field(first), section.field(second)) {
        (Some(one), Some(other)) => {
            let later = if one.at < other.at { &other } else { &one };
            let (first, second) = (first.to_owned(), second.to_owned());
            problems.report(later.at, &later.path, ProblemKind::BothForms { first, second });
            Some(one)
        }
        (one, other) => one.or(other),
    }
}

fn methods(section: &Section<'_>, problems: &mut Problems) -> Vec<String> {
    let Some(field) = section.field("methods") else {
        return Vec::new();
    };
    let advice = "write for example `[GET, HEAD]`, or leave it out for all";
    let Some(items) = field.items("a list of methods", advice, problems) else {
        return Vec::new();
    };
    if items.is_empty() {
        field.unexpected("a list of methods", advice, problems);
    }
    let text = |item: &Field<'_>| {
        item.text("a method", "GET", problems)
            .unwrap_or_default()
            .to_owned()
    };
    items.iter().map(text).collect()
}

fn destination(section: &Section<'_>, problems: &mut Problems) -> Destination {
    let sticky = section.field("sticky").and_then(|field| sticky(&field, problems));
    let split = section.field("split");
    either(section, ("upstream", "split"), problems);
    if let Some(field) = split {
        return Destination::Split(Split {
            targets: targets(&field, problems),
            sticky,
        });
    }
    if let Some(field) = section.field("sticky") {
        field.unexpected(
            "`split` beside `sticky`",
            "remove it, or write a `split`",
            problems,
        );
    }
    let name = section
        .require("upstream", "upstream: web", problems)
        .and_then(|field| field.text("the name of an upstream", "web", problems));
    Destination::Upstream(name.unwrap_or_default().to_owned())
}

fn sticky(field: &Field<'_>, problems: &mut Problems) -> Option<Sticky> {
    let text = field.text("what is sticky", "header:x-user", problems)?;
    let sticky = text.parse();
    if let Err(InvalidSticky) = sticky {
        let expected = "`header:` or `cookie:` and a name, or `address`";
        field.unexpected(expected, "write for example `header:x-user`", problems);
    }
    sticky.ok()
}

fn targets(field: &Field<'_>, problems: &mut Problems) -> Vec<Target> {
    const EXAMPLE: &str = "{ upstream: web, weight: 95 }";
    let advice = format!("write for example `[ {EXAMPLE} ]`");
    let items = field.items("a list of upstreams and weights", &advice, problems);
    let Some(items) = items else {
        problems.hide(&field.path);
        return Vec::new();
    };
    let target = |item: &Field<'_>| {
        let Some(section) = Section::open(item, &TARGET, EXAMPLE, problems) else {
            problems.hide(&item.path);
            return Target {
                upstream: String::new(),
                weight: 1,
            };
        };
        let upstream = section
            .require("upstream", "upstream: web", problems)
            .and_then(|field| field.text("the name of an upstream", "web", problems));
        let weight = section
            .require("weight", "weight: 95", problems)
            .and_then(|field| field.count_from_zero(problems));
        Target {
            upstream: upstream.unwrap_or_default().to_owned(),
            weight: weight.unwrap_or(1),
        }
    };
    items.iter().map(target).collect()
}
