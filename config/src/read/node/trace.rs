//! `kind: trace`.

use super::super::{Keys, Section};
use crate::error::Problems;
use crate::{Parent, Trace};

const KEYS: Keys = Keys::of(&["name", "kind", "panicBudget", "sample", "samplePct", "parent"]);

const PARENT: Keys = Keys::of(&["follow", "ignore"]);

pub(super) fn read(section: &Section<'_>, problems: &mut Problems) -> Trace {
    section.check_keys(&KEYS, problems);
    let mut trace = Trace::new();
    if let Some(share) = section.share("sample", problems) {
        trace.sample = share;
    }
    if section.choice("parent", &PARENT, problems) == Some("ignore") {
        trace.parent = Parent::Ignore;
    }
    trace
}
