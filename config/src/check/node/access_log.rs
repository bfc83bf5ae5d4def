//! `kind: accessLog`.

use super::{Findings, Rule};
use crate::{AccessLog, KeyPath};

pub(super) fn check(log: &AccessLog, key: &KeyPath, findings: &mut Findings) {
    let AccessLog { sample, slow, to: _ } = log;
    if !(0.0..=1.0).contains(sample) {
        findings.add(key.key("sample"), Rule::Share { found: *sample });
    }
    if let Some(slow) = slow {
        findings.time(key.key("slow"), *slow);
    }
}
