//! `kind: bodyLimit`.

use super::super::{Keys, Section};
use crate::BodyLimit;
use crate::error::Problems;

const KEYS: Keys = Keys::of(&["name", "kind", "panicBudget", "max"]).planning(&["minRate"]);

pub(super) fn read(section: &Section<'_>, problems: &mut Problems) -> BodyLimit {
    section.check_keys(&KEYS, problems);
    let max = section.count("max", problems);
    max.map(BodyLimit::new).unwrap_or_default()
}
