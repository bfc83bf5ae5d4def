//! `kind: requestId`.

use super::super::{Keys, Section};
use crate::error::Problems;
use crate::{IdCharacters, KeepId, RequestId};

const KEYS: Keys = Keys::of(&[
    "name",
    "kind",
    "panicBudget",
    "header",
    "keep",
    "maxLength",
    "characters",
]);

const KEEP: Keys = Keys::of(&["always", "trusted", "never"]);

const CHARACTERS: Keys = Keys::of(&["visible", "plain"]);

pub(super) fn read(section: &Section<'_>, problems: &mut Problems) -> RequestId {
    section.check_keys(&KEYS, problems);
    let mut id = RequestId::default();
    if let Some(name) = section
        .field("header")
        .and_then(|field| field.text("the name of a header", "x-request-id", problems))
    {
        id.header = name.to_owned();
    }
    match section.choice("keep", &KEEP, problems) {
        Some("trusted") => id.keep = KeepId::Trusted,
        Some("never") => id.keep = KeepId::Never,
        _ => {}
    }
    if let Some(length) = section.count("maxLength", problems) {
        id.max_length = length;
    }
    if section.choice("characters", &CHARACTERS, problems) == Some("plain") {
        id.characters = IdCharacters::Plain;
    }
    id
}
