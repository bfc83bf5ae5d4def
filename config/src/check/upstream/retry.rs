//! Retries and hedges.

use crate::check::{Findings, Rule, Violation};
use crate::{HedgeAfter, HedgePolicy, KeyPath, RetryCause, RetryPolicy, header};

pub(crate) fn retry(policy: &RetryPolicy) -> Result<(), Vec<Violation>> {
    let RetryPolicy {
        max_retries,
        backoff,
        budget,
        on,
        per_try_timeout,
        replay_bytes,
        idempotent_by,
    } = policy;
    let root = KeyPath::root();
    let mut findings = Findings::default();
    if *max_retries > RetryPolicy::MOST {
        let (found, most) = (*max_retries, RetryPolicy::MOST);
        findings.add(root.key("maxRetries"), Rule::TooManyRetries { found, most });
    }
    let backoff_key = root.key("backoff");
    findings.time(backoff_key.key("initial"), backoff.initial);
    if backoff.max != backoff.initial {
        findings.time(backoff_key.key("max"), backoff.max);
    }
    if backoff.max < backoff.initial && !backoff.max.is_zero() {
        let (initial, max) = (backoff.initial, backoff.max);
        findings.add(backoff_key.key("max"), Rule::MaxBelowInitial { initial, max });
    }
    if !(0.0..=1.0).contains(&budget.ratio) {
        let found = budget.ratio;
        findings.add(root.key("budget").key("ratio"), Rule::Share { found });
    }
    causes(&mut findings, &root.key("on"), on);
    if let Some(time) = per_try_timeout {
        findings.time(root.key("perTryTimeout"), *time);
    }
    if *replay_bytes > RetryPolicy::MOST_REPLAY_BYTES {
        let (found, most) = (*replay_bytes, RetryPolicy::MOST_REPLAY_BYTES);
        findings.add(root.key("replayBytes"), Rule::TooMuch { found, most });
    }
    if let Some(name) = idempotent_by.as_deref().filter(|name| !header::is_name(name)) {
        let advice = "write letters, digits and hyphens";
        findings.odd(root.key("idempotentBy"), "the name of a header", name, advice);
    }
    findings.into_result()
}

fn causes(findings: &mut Findings, here: &KeyPath, on: &[RetryCause]) {
    if on.is_empty() {
        let advice = "name one, or turn all of it off: `retry: off`";
        findings.odd(here.clone(), "at least one outcome", "none", advice);
    }
    for (index, cause) in on.iter().enumerate() {
        if let RetryCause::Status(status) = cause
            && !(400..=599).contains(status)
        {
            let found = status.to_string();
            let advice = "other answers are no failures";
            findings.odd(here.index(index), "a status from 400 to 599", &found, advice);
        } else if on[..index].contains(cause) {
            let (expected, advice) = ("each outcome once", "remove one of them");
            findings.odd(here.index(index), expected, &cause.to_string(), advice);
        }
    }
}

pub(crate) fn hedge(policy: &HedgePolicy) -> Result<(), Vec<Violation>> {
    let HedgePolicy { after, max } = *policy;
    let root = KeyPath::root();
    let mut findings = Findings::default();
    match after {
        HedgeAfter::Time(time) => findings.time(root.key("after"), time),
        HedgeAfter::Percentile(50..=99) => {}
        HedgeAfter::Percentile(found) => {
            let found = format!("p{found}");
            let advice = "write for example `p95`";
            findings.odd(root.key("after"), "a percentile from p50 to p99", &found, advice);
        }
    }
    findings.count(root.key("max"), max, HedgePolicy::MOST);
    findings.into_result()
}
