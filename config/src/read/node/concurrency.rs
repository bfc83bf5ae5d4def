//! `kind: concurrency`.

use super::super::{Field, Keys, Section};
use crate::error::{ProblemKind, Problems};
use crate::{AdaptiveLimit, Concurrency, ConcurrencyLimit};

const KEYS: Keys = Keys::of(&[
    "name",
    "kind",
    "panicBudget",
    "max",
    "adaptive",
    "wait",
    "waitMs",
    "maxWaiting",
]);

const ADAPTIVE: Keys = Keys::of(&["initial", "min", "max", "tolerance"]);

pub(super) fn read(section: &Section<'_>, problems: &mut Problems) -> Concurrency {
    section.check_keys(&KEYS, problems);
    let mut concurrency = Concurrency::fixed(1);
    if let Some(limit) = limit(section, problems) {
        concurrency.limit = limit;
    }
    let is_off = section.field("wait").is_some_and(|field| field.is_off());
    if !is_off {
        concurrency.wait = section.time("wait", problems);
    }
    if let Some(waiting) = section.count("maxWaiting", problems) {
        concurrency.max_waiting = waiting;
        if section.field("waitMs").is_none() {
            // Nobody would wait.
            section.require("wait", "wait: 100ms", problems);
        }
    }
    concurrency
}

fn limit(section: &Section<'_>, problems: &mut Problems) -> Option<ConcurrencyLimit> {
    match (section.field("max"), section.field("adaptive")) {
        (None, None) => {
            section.require("max", "max: 100", problems);
            None
        }
        (Some(field), None) => field.count(problems).map(ConcurrencyLimit::Fixed),
        (None, Some(field)) => adaptive(&field, problems).map(ConcurrencyLimit::Adaptive),
        (Some(_), Some(field)) => {
            let (first, second) = ("max".to_owned(), "adaptive".to_owned());
            problems.report(field.at, &field.path, ProblemKind::BothForms { first, second });
            None
        }
    }
}

fn adaptive(field: &Field<'_>, problems: &mut Problems) -> Option<AdaptiveLimit> {
    let section = Section::open(field, &ADAPTIVE, "{ initial: 20, min: 5, max: 1000 }", problems)?;
    let mut limit = AdaptiveLimit::default();
    for (key, count) in [
        ("initial", &mut limit.initial),
        ("min", &mut limit.min),
        ("max", &mut limit.max),
    ] {
        if let Some(read) = section.count(key, problems) {
            *count = read;
        }
    }
    if let Some(field) = section.field("tolerance") {
        let expected = "a number from 1 to 10";
        if let Some(tolerance) = field.decimal(expected, "1.5", problems) {
            limit.tolerance = tolerance;
        }
    }
    Some(limit)
}
