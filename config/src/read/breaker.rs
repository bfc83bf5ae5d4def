//! The breaker of an upstream.

use super::scalar::Setting;
use super::section::Either;
use super::{Field, Section, keys};
use crate::error::{ProblemKind, Problems};
use crate::{BreakerPolicy, HalfOpen, KeyLimits, OpenFor, Scope, SlowCall, TripWhen, WindowLength};

pub(super) fn breaker(field: &Field<'_>, problems: &mut Problems) -> BreakerPolicy {
    let mut policy = BreakerPolicy::default();
    if field.is_off() {
        return BreakerPolicy::off();
    }
    let Some(section) = Section::open(field, &keys::BREAKER, "{ failureRate: 0.5 }` or `off", problems)
    else {
        return policy;
    };
    if section.choice("tripWhen", &keys::TRIP_WHEN, problems) == Some("all") {
        policy.trip_when = TripWhen::All;
    }
    if let Some(window) = section.field("window").and_then(|field| window(&field, problems)) {
        policy.window = window;
    }
    if let Some(setting) = section.share_or_off("failureRate", problems) {
        policy.failure_rate = setting.on();
    }
    if let Some(setting) = slow_call(&section, problems) {
        policy.slow_call = setting.on();
    }
    if let Some(setting) = section.count_or_off("consecutiveFailures", problems) {
        policy.consecutive_failures = setting.on();
    }
    if let Some(setting) = section.count_or_off("consecutiveTimeouts", problems) {
        policy.consecutive_timeouts = setting.on();
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

/// What there is one breaker for, and how many of them.
pub(super) fn scope(field: &Field<'_>, problems: &mut Problems) -> (Scope, KeyLimits) {
    let mut limits = KeyLimits::default();
    // What is no map is told where the rules are read.
    let Some(section) = Section::opened(field) else {
        return (Scope::default(), limits);
    };
    let scope = match section.choice("per", &keys::PER, problems) {
        Some("upstream") => Scope::Upstream,
        Some("route") => Scope::Route,
        Some("tenant") => Scope::Tenant,
        _ => Scope::Endpoint,
    };
    if let Some(count) = section.count("maxKeys", problems) {
        limits.max_keys = count;
    }
    if let Some(time) = section.time("idleFor", problems) {
        limits.idle_for = time;
    }
    (scope, limits)
}

/// By time or by calls, and not by both.
fn window(field: &Field<'_>, problems: &mut Problems) -> Option<WindowLength> {
    let section = Section::open(
        field,
        &keys::WINDOW,
        "{ time: 10s }` or `{ calls: 100 }",
        problems,
    )?;
    let time_key = ["time", "timeMs"]
        .into_iter()
        .find(|key| section.field(key).is_some());
    if let (Some(time_key), Some(calls)) = (time_key, section.field("calls")) {
        let kind = ProblemKind::BothForms {
            first: time_key.to_owned(),
            second: "calls".to_owned(),
        };
        problems.report(calls.at, &calls.path, kind);
        return None;
    }
    let by_time = section.time("time", problems).map(WindowLength::Time);
    by_time.or_else(|| section.count("calls", problems).map(WindowLength::Calls))
}

fn slow_call(breaker: &Section<'_>, problems: &mut Problems) -> Option<Setting<SlowCall>> {
    let field = breaker.field("slowCall")?;
    if field.is_off() {
        return Some(Setting::Off);
    }
    let section = Section::open(
        &field,
        &keys::SLOW_CALL,
        "{ over: 5s, rate: 0.9 }` or `off",
        problems,
    )?;
    let default = SlowCall::default();
    Some(Setting::On(SlowCall {
        over: section.time("over", problems).unwrap_or(default.over),
        rate: section.share("rate", problems).unwrap_or(default.rate),
    }))
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
        every: section.time("every", problems).unwrap_or(default.every),
        timeout: section.time("timeout", problems).unwrap_or(default.timeout),
        successes: section.count("successes", problems).unwrap_or(default.successes),
        max_stay: section.time("maxStay", problems).unwrap_or(default.max_stay),
    }
}
