//! When a request is sent again.

use super::{Field, Section, keys};
use crate::error::Problems;
use crate::read::scalar::Setting;
use crate::read::section::Either;
use crate::{RetryBackoff, RetryBudget, RetryCause, RetryPolicy};

pub(super) fn retry(field: &Field<'_>, problems: &mut Problems) -> RetryPolicy {
    if field.is_off() {
        return RetryPolicy::off();
    }
    let mut policy = RetryPolicy::default();
    let Some(section) = Section::open(field, &keys::RETRY, "{ maxRetries: 1 }` or `off", problems) else {
        return policy;
    };
    let mut count = |key| {
        let field = section.field(key);
        field.and_then(|field| field.count_from_zero(problems))
    };
    let (max_retries, replay_bytes) = (count("maxRetries"), count("replayBytes"));
    policy.max_retries = max_retries.unwrap_or(policy.max_retries);
    policy.replay_bytes = replay_bytes.unwrap_or(policy.replay_bytes);
    if let Some(field) = section.field("backoff") {
        policy.backoff = backoff(&field, problems);
    }
    if let Some(field) = section.field("budget") {
        policy.budget = budget(&field, problems);
    }
    if let Some(field) = section.field("on") {
        policy.on = causes(&field, problems);
    }
    if let Some(setting) = per_try_timeout(&section, problems) {
        policy.per_try_timeout = setting.on();
    }
    if let Some(field) = section.field("idempotentBy") {
        policy.idempotent_by = field.header_name("header:idempotency-key", problems);
    }
    policy
}

fn backoff(field: &Field<'_>, problems: &mut Problems) -> RetryBackoff {
    let default = RetryBackoff::default();
    let example = "{ initial: 25ms, max: 250ms }";
    let Some(section) = Section::open(field, &keys::RETRY_BACKOFF, example, problems) else {
        return default;
    };
    let initial = section.time("initial", problems);
    let is_there = section
        .field("initial")
        .or_else(|| section.field("initialMs"))
        .is_some();
    if initial.is_none() && is_there {
        // A maximum must not be measured against a stand-in.
        problems.hide(&section.path().key("max"));
    }
    RetryBackoff {
        initial: initial.unwrap_or(default.initial),
        max: section.time("max", problems).unwrap_or(default.max),
    }
}

fn budget(field: &Field<'_>, problems: &mut Problems) -> RetryBudget {
    let default = RetryBudget::default();
    let example = "{ ratio: 0.2, min: 3 }";
    let Some(section) = Section::open(field, &keys::RETRY_BUDGET, example, problems) else {
        return default;
    };
    let min = section
        .field("min")
        .and_then(|field| field.count_from_zero(problems));
    RetryBudget {
        ratio: section.share("ratio", problems).unwrap_or(default.ratio),
        min: min.unwrap_or(default.min),
    }
}

fn causes(field: &Field<'_>, problems: &mut Problems) -> Vec<RetryCause> {
    let advice = "write for example `[ connect, reset, 503 ]`";
    let Some(items) = field.items("a list of outcomes", advice, problems) else {
        return RetryCause::DEFAULT.to_vec();
    };
    let mut causes = Vec::with_capacity(items.len());
    for item in &items {
        let text = item.scalar().map_or("", |scalar| scalar.text.as_str());
        let cause = match text {
            "connect" => Some(RetryCause::Connect),
            "reset" => Some(RetryCause::Reset),
            status => status.parse().ok().map(RetryCause::Status),
        };
        match cause {
            Some(cause) => causes.push(cause),
            None => {
                item.unexpected("`connect`, `reset` or a status", advice, problems);
                problems.hide(&field.path);
            }
        }
    }
    causes
}

fn per_try_timeout(section: &Section<'_>, problems: &mut Problems) -> Option<Setting<std::time::Duration>> {
    match section.either("perTryTimeout", "Ms", problems)? {
        Either::Plain(field) | Either::WithUnit(field) if field.is_off() => Some(Setting::Off),
        _ => section.time("perTryTimeout", problems).map(Setting::On),
    }
}
