//! `kind: accessLog`.

use super::super::{Keys, Section};
use crate::error::Problems;
use crate::{AccessLog, LogOutput};

const KEYS: Keys = Keys::of(&[
    "name",
    "kind",
    "panicBudget",
    "sample",
    "samplePct",
    "slow",
    "slowMs",
    "to",
]);

const OUTPUT: Keys = Keys::of(&["stdout", "stderr"]);

pub(super) fn read(section: &Section<'_>, problems: &mut Problems) -> AccessLog {
    section.check_keys(&KEYS, problems);
    let mut log = AccessLog::new();
    if let Some(share) = section.share("sample", problems) {
        log.sample = share;
    }
    if section.field("slow").is_some_and(|field| field.is_off()) {
        log.slow = None;
    } else if let Some(limit) = section.time("slow", problems) {
        log.slow = Some(limit);
    }
    if section.choice("to", &OUTPUT, problems) == Some("stderr") {
        log.to = LogOutput::Stderr;
    }
    log
}
