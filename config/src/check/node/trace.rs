//! `kind: trace`.

use super::{Findings, Rule};
use crate::{KeyPath, Trace};

pub(super) fn check(trace: &Trace, key: &KeyPath, findings: &mut Findings) {
    let Trace { sample, parent: _ } = trace;
    if !(0.0..=1.0).contains(sample) {
        findings.add(key.key("sample"), Rule::Share { found: *sample });
    }
}
