//! `kind: deadline`.

use super::{Findings, Rule};
use crate::check::rule::shown;
use crate::{Deadline, KeyPath};

pub(super) fn check(deadline: &Deadline, key: &KeyPath, findings: &mut Findings) {
    let Deadline { default, max, min } = deadline;
    findings.time(key.key("default"), *default);
    if let Some(max) = max {
        findings.time(key.key("max"), *max);
        if max < default {
            let rule = Rule::Odd {
                expected: "at least what `default` gives",
                found: shown(max),
                advice: "raise `max` or lower `default`",
            };
            findings.add(key.key("max"), rule);
        }
    }
    if let Some(min) = min {
        findings.time(key.key("min"), *min);
        if min > default {
            let rule = Rule::Odd {
                expected: "at most what `default` gives",
                found: shown(min),
                advice: "lower `min` or raise `default`",
            };
            findings.add(key.key("min"), rule);
        }
    }
}
