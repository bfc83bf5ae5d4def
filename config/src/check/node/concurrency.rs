//! `kind: concurrency`.

use super::Findings;
use crate::{AdaptiveLimit, Concurrency, ConcurrencyLimit, KeyPath};

pub(super) fn check(concurrency: &Concurrency, key: &KeyPath, findings: &mut Findings) {
    let Concurrency {
        limit,
        wait,
        max_waiting,
    } = concurrency;
    match limit {
        ConcurrencyLimit::Fixed(max) => findings.count(key.key("max"), *max, Concurrency::MOST),
        ConcurrencyLimit::Adaptive(limit) => adaptive(limit, &key.key("adaptive"), findings),
    }
    if let Some(wait) = *wait {
        findings.time(key.key("wait"), wait);
    }
    findings.count(key.key("maxWaiting"), *max_waiting, Concurrency::MOST_WAITING);
}

fn adaptive(limit: &AdaptiveLimit, key: &KeyPath, findings: &mut Findings) {
    let AdaptiveLimit {
        initial,
        min,
        max,
        tolerance,
    } = *limit;
    for (name, count) in [("initial", initial), ("min", min), ("max", max)] {
        findings.count(key.key(name), count, Concurrency::MOST);
    }
    for (name, is_right, found, advice) in [
        ("max", min <= max, max, "raise it, or lower `min`"),
        (
            "initial",
            min <= initial || min > max,
            initial,
            "raise it, or lower `min`",
        ),
        (
            "initial",
            initial <= max || min > max,
            initial,
            "lower it, or raise `max`",
        ),
    ] {
        if !is_right && found > 0 {
            let expected = "`min` to be at most `initial`, and that at most `max`";
            findings.odd(key.key(name), expected, &found.to_string(), advice);
        }
    }
    if !(1.0..=10.0).contains(&tolerance) {
        let (expected, advice) = ("a number from 1 to 10", "write for example `1.5`");
        findings.odd(key.key("tolerance"), expected, &tolerance.to_string(), advice);
    }
}
