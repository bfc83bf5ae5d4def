//! `kind: route`.

use super::super::{Field, Keys, Section};
use crate::error::Problems;
use crate::{Route, RouteRule};

const KEYS: Keys = Keys {
    built: &["name", "kind", "panicBudget", "rules"],
    planned: &[],
};

const RULE: Keys = Keys {
    built: &["path", "upstream"],
    planned: &["split"],
};

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
        return RouteRule {
            path: String::new(),
            upstream: String::new(),
        };
    };
    let path = section
        .require("path", "path: /", problems)
        .and_then(|field| field.text("a path", "/pay", problems))
        .unwrap_or_default();
    let upstream = if section.field("split").is_some() && section.field("upstream").is_none() {
        // `split` stands in its place and has been reported.
        problems.hide(&section.path().key("upstream"));
        None
    } else {
        section
            .require("upstream", "upstream: web", problems)
            .and_then(|field| field.text("the name of an upstream", "web", problems))
    };
    RouteRule {
        path: path.to_owned(),
        upstream: upstream.unwrap_or_default().to_owned(),
    }
}
