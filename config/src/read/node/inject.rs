//! `kind: inject`.

use super::super::{Keys, Section};
use crate::error::Problems;
use crate::{Fault, FaultKind, Inject};

const KEYS: Keys = Keys::of(&[
    "name",
    "kind",
    "panicBudget",
    "header",
    "allow",
    "maxDelay",
    "maxDelayMs",
    "share",
    "sharePct",
    "delay",
    "delayMs",
    "abort",
    "panic",
]);

const FAULTS: Keys = Keys::of(&["delay", "abort", "panic"]);

pub(super) fn read(section: &Section<'_>, problems: &mut Problems) -> Inject {
    section.check_keys(&KEYS, problems);
    let mut inject = Inject::share(section.share("share", problems).unwrap_or(1.0));
    inject.header = section
        .field("header")
        .and_then(|field| field.text("the name of a header", "x-inject", problems))
        .map(str::to_owned);
    if let Some(field) = section.field("allow") {
        let items = field.items("a list of faults", "write for example `[delay, abort]`", problems);
        let kind = |word| FaultKind::ALL.into_iter().find(|kind| kind.name() == word);
        inject.allow = items
            .unwrap_or_default()
            .iter()
            .filter_map(|item| item.choice("allow", &FAULTS, problems).and_then(kind))
            .collect();
    }
    if let Some(longest) = section.time("maxDelay", problems) {
        inject.max_delay = longest;
    }
    if let Some(time) = section.time("delay", problems) {
        inject.faults.push(Fault::Delay(time));
    }
    if let Some(field) = section.field("abort")
        && let Some(status) = field.count(problems)
    {
        match u16::try_from(status) {
            Ok(status) => inject.faults.push(Fault::Abort(status)),
            Err(_) => field.unexpected("a status from 400 to 599", "write for example `503`", problems),
        }
    }
    let panics = section.field("panic").and_then(|field| field.flag(problems));
    if panics == Some(true) {
        inject.faults.push(Fault::Panic);
    }
    inject
}
