//! `kind: bodyLimit`.

use super::{Findings, Rule};
use crate::{BodyLimit, KeyPath};

pub(super) fn check(limit: &BodyLimit, key: &KeyPath, findings: &mut Findings) {
    let BodyLimit { max } = limit;
    if *max == 0 {
        findings.add(key.key("max"), Rule::ZeroCount);
    }
}
