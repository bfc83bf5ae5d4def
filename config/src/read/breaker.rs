//! The breaker of an upstream.

use super::section::Either;
use super::{Field, Section, keys};
use crate::error::Problems;
use crate::{BreakerPolicy, HalfOpen, OpenFor};

pub(super) fn breaker(field: &Field<'_>, problems: &mut Problems) -> BreakerPolicy {
    let mut policy = BreakerPolicy::default();
    if field.is_off() {
        policy.failure_rate = None;
        policy.consecutive_failures = None;
        return policy;
    }
    let Some(section) = Section::open(field, &keys::BREAKER, "{ failureRate: 0.5 }` or `off", problems)
    else {
        return policy;
    };
    section.choice("per", &keys::PER, problems);
    section.choice("tripWhen", &keys::TRIP_WHEN, problems);
    if let Some(field) = section.field("window")
        && let Some(window) = Section::open(&field, &keys::WINDOW, "{ time: 10s }", problems)
        && let Some(time) = window.time("time", problems)
    {
        policy.window = time;
    }
    if let Some(setting) = section.share_or_off("failureRate", problems) {
        policy.failure_rate = setting.on();
    }
    if let Some(field) = section.field("consecutiveFailures") {
        if field.is_off() {
            policy.consecutive_failures = None;
        } else if let Some(count) = field.count(problems) {
            policy.consecutive_failures = Some(count);
        }
    }
    if let Some(count) = section.count("minCalls", problems) {
        policy.min_calls = count;
    }
    if let Some(open_for) = open_for(&section, problems) {
        policy.open_for = open_for;
    }
    if let Some(field) = section.field("halfOpen") {
        policy.half_open = half_open(&field, problems);
    }
    policy
}

/// A map, or one time that is always exactly that.
fn open_for(breaker: &Section<'_>, problems: &mut Problems) -> Option<OpenFor> {
    let field = match breaker.either("openFor", "Ms", problems)? {
        Either::WithUnit(_) => return breaker.time("openFor", problems).map(OpenFor::fixed),
        Either::Plain(field) if field.scalar().is_some() => return field.time(problems).map(OpenFor::fixed),
        Either::Plain(field) => field,
    };
    let example = "{ initial: 1s, max: 60s, jitter: 0.5 }` or `5s";
    let section = Section::open(&field, &keys::OPEN_FOR, example, problems)?;
    let default = OpenFor::default();
    let initial = section.time("initial", problems);
    let is_there = section
        .field("initial")
        .or_else(|| section.field("initialMs"))
        .is_some();
    if initial.is_none() && is_there {
        // A maximum must not be measured against a stand-in.
        problems.hide(&section.path().key("max"));
    }
    Some(OpenFor {
        initial: initial.unwrap_or(default.initial),
        max: section.time("max", problems).unwrap_or(default.max),
        jitter: section.share("jitter", problems).unwrap_or(default.jitter),
    })
}

fn half_open(field: &Field<'_>, problems: &mut Problems) -> HalfOpen {
    let default = HalfOpen::default();
    let example = "{ permits: 3, successes: 2 }";
    let Some(section) = Section::open(field, &keys::HALF_OPEN, example, problems) else {
        return default;
    };
    HalfOpen {
        permits: section.count("permits", problems).unwrap_or(default.permits),
        successes: section.count("successes", problems).unwrap_or(default.successes),
    }
}
