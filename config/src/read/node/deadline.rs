//! `kind: deadline`.

use super::super::{Keys, Section};
use crate::Deadline;
use crate::error::Problems;

const KEYS: Keys = Keys::of(&[
    "name",
    "kind",
    "panicBudget",
    "default",
    "defaultMs",
    "max",
    "maxMs",
    "min",
    "minMs",
]);

pub(super) fn read(section: &Section<'_>, problems: &mut Problems) -> Deadline {
    section.check_keys(&KEYS, problems);
    let mut deadline = Deadline::default();
    if let Some(default) = section.time("default", problems) {
        deadline.default = default;
    }
    deadline.max = section.time("max", problems);
    deadline.min = section.time("min", problems);
    deadline
}
