//! `kind: rewrite`.

use super::super::{Field, Keys, Section};
use crate::Rewrite;
use crate::error::Problems;

const KEYS: Keys = Keys::of(&[
    "name",
    "kind",
    "panicBudget",
    "stripPrefix",
    "replacePrefix",
    "addPrefix",
    "host",
]);

/// For a path that could not be read.
const STAND_IN: &str = "/";

const REPLACE: Keys = Keys::of(&["from", "to"]);

pub(super) fn read(section: &Section<'_>, problems: &mut Problems) -> Rewrite {
    section.check_keys(&KEYS, problems);
    let mut rewrite = Rewrite::new();
    let path = |key, problems: &mut Problems| {
        let text = section.field(key)?.text("a path", "/shop", problems);
        Some(text.unwrap_or(STAND_IN).to_owned())
    };
    rewrite.strip_prefix = path("stripPrefix", problems);
    rewrite.add_prefix = path("addPrefix", problems);
    if let Some(field) = section.field("replacePrefix") {
        rewrite.replace_prefix = Some(replace(&field, problems));
    }
    rewrite.host = section.field("host").map(|field| {
        let text = field.text("a host", "shop.internal", problems);
        text.unwrap_or("host").to_owned()
    });
    rewrite
}

fn replace(field: &Field<'_>, problems: &mut Problems) -> (String, String) {
    let example = "{ from: /old, to: /new }";
    let Some(section) = Section::open(field, &REPLACE, example, problems) else {
        return (STAND_IN.to_owned(), STAND_IN.to_owned());
    };
    let from = section.require("from", "from: /old", problems);
    let to = section.require("to", "to: /new", problems);
    let from = from.and_then(|field| field.text("a path", "/old", problems));
    let to = to.and_then(|field| field.text("a path", "/new", problems));
    let read = |path: Option<&str>| path.unwrap_or(STAND_IN).to_owned();
    (read(from), read(to))
}
