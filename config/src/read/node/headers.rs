//! `kind: headers`.

use super::super::{Field, Keys, Section};
use crate::error::Problems;
use crate::{HeaderEdits, Headers};

const KEYS: Keys = Keys::of(&["name", "kind", "panicBudget", "request", "reply"]);

const EDITS: Keys = Keys::of(&["remove", "set", "add"]);

pub(super) fn read(section: &Section<'_>, problems: &mut Problems) -> Headers {
    section.check_keys(&KEYS, problems);
    let mut headers = Headers::new();
    if let Some(field) = section.field("request") {
        headers.request = edits(&field, problems);
    }
    if let Some(field) = section.field("reply") {
        headers.reply = edits(&field, problems);
    }
    headers
}

fn edits(field: &Field<'_>, problems: &mut Problems) -> HeaderEdits {
    let mut edits = HeaderEdits::new();
    let example = "{ set: { x-edge: eu-1 }, remove: [ server ] }";
    let Some(section) = Section::open(field, &EDITS, example, problems) else {
        problems.hide(&field.path);
        return edits.remove("server");
    };
    if let Some(field) = section.field("remove") {
        edits.remove = field.texts("a list of headers", "the name of a header", "server", problems);
    }
    if let Some(field) = section.field("set") {
        edits.set = field.headers(problems);
    }
    if let Some(field) = section.field("add") {
        edits.add = field.headers(problems);
    }
    edits
}
