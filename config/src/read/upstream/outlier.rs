//! When an endpoint is left out.

use super::super::scalar::Setting;
use super::{Field, Section, keys};
use crate::error::Problems;
use crate::{Consecutive, FailurePercentage, LatencyFactor, OutlierPolicy, SuccessRate};

const EXAMPLE: &str = "{ consecutive: 5, ejectFor: 30s }` or `off";

pub(super) fn outlier(field: &Field<'_>, problems: &mut Problems) -> OutlierPolicy {
    let mut policy = OutlierPolicy::default();
    if field.is_off() {
        return OutlierPolicy::off();
    }
    let Some(section) = Section::open(field, &keys::OUTLIER, EXAMPLE, problems) else {
        return policy;
    };
    match section.count_or_off("consecutive", problems) {
        Some(Setting::On(failures)) => policy.consecutive = Consecutive::After(failures),
        Some(Setting::Off) => policy.consecutive = Consecutive::Off,
        None => {}
    }
    policy.success_rate = rule(&section, "successRate", success_rate, problems);
    policy.failure_percentage = rule(&section, "failurePercentage", failure_percentage, problems);
    policy.latency = rule(&section, "latency", latency, problems);
    let times = [
        ("every", &mut policy.every),
        ("maxEjectFor", &mut policy.max_eject_for),
        ("ejectFor", &mut policy.eject_for),
    ];
    for (key, time) in times {
        if let Some(read) = section.time(key, problems) {
            *time = read;
        } else if [key.to_owned(), format!("{key}Ms")]
            .iter()
            .any(|key| section.field(key).is_some())
        {
            // A longest time must not be measured against a stand-in.
            problems.hide(&section.path().key("maxEjectFor"));
        }
    }
    let is_there = |key: &str| section.field(key).is_some();
    if !is_there("maxEjectFor") && !is_there("maxEjectForMs") {
        policy.max_eject_for = policy.max_eject_for.max(policy.eject_for);
    }
    let shares = [
        ("jitter", &mut policy.jitter),
        ("maxEject", &mut policy.max_eject),
    ];
    for (key, share) in shares {
        if let Some(read) = section.share(key, problems) {
            *share = read;
        }
    }
    if let Some(setting) = section.share_or_off("panicBelow", problems) {
        policy.panic_below = setting.on().unwrap_or_default();
    }
    if let Some(field) = section.field("alwaysEjectOne")
        && let Some(always) = field.flag(problems)
    {
        policy.always_eject_one = always;
    }
    policy
}

/// A rule that is on where it is there and not `off`.
fn rule<T>(
    outlier: &Section<'_>,
    key: &str,
    read: impl FnOnce(&Field<'_>, &mut Problems) -> Option<T>,
    problems: &mut Problems,
) -> Option<T> {
    let field = outlier.field(key)?;
    if field.is_off() {
        return None;
    }
    read(&field, problems)
}

fn success_rate(field: &Field<'_>, problems: &mut Problems) -> Option<SuccessRate> {
    let section = Section::open(field, &keys::SUCCESS_RATE, "{ factor: 1.9 }` or `off", problems)?;
    let mut rule = SuccessRate::default();
    if let Some(factor) = factor(&section, "1.9", problems) {
        rule.factor = factor;
    }
    least(&section, (&mut rule.min_endpoints, &mut rule.min_calls), problems);
    Some(rule)
}

fn failure_percentage(field: &Field<'_>, problems: &mut Problems) -> Option<FailurePercentage> {
    let example = "{ threshold: 0.85 }` or `off";
    let section = Section::open(field, &keys::FAILURE_PERCENTAGE, example, problems)?;
    let mut rule = FailurePercentage::default();
    if let Some(threshold) = section.share("threshold", problems) {
        rule.threshold = threshold;
    }
    least(&section, (&mut rule.min_endpoints, &mut rule.min_calls), problems);
    Some(rule)
}

fn latency(field: &Field<'_>, problems: &mut Problems) -> Option<LatencyFactor> {
    let section = Section::open(field, &keys::LATENCY_FACTOR, "{ factor: 3 }` or `off", problems)?;
    let mut rule = LatencyFactor::default();
    if let Some(factor) = factor(&section, "3", problems) {
        rule.factor = factor;
    }
    if let Some(quantile) = section.share("quantile", problems) {
        rule.quantile = quantile;
    }
    if let Some(over) = section.time("over", problems) {
        rule.over = over;
    }
    least(&section, (&mut rule.min_endpoints, &mut rule.min_calls), problems);
    Some(rule)
}

fn factor(section: &Section<'_>, example: &str, problems: &mut Problems) -> Option<f64> {
    section.field("factor")?.decimal("a number", example, problems)
}

fn least(section: &Section<'_>, (endpoints, calls): (&mut u32, &mut u32), problems: &mut Problems) {
    for (key, count) in [("minEndpoints", endpoints), ("minCalls", calls)] {
        if let Some(read) = section.count(key, problems) {
            *count = read;
        }
    }
}
