//! The numbers of health checks.

use super::super::{Findings, Rule};
use crate::{HealthCheck, HealthCheckKind, KeyPath};

/// More checks than say anything.
const MOST_IN_A_ROW: u32 = 1_000;

pub(super) fn health_checks(checks: &[HealthCheck], key: &KeyPath, findings: &mut Findings) {
    for (index, check) in checks.iter().enumerate() {
        one(check, &key.index(index), findings);
    }
}

fn one(check: &HealthCheck, key: &KeyPath, findings: &mut Findings) {
    let HealthCheck {
        kind,
        every,
        timeout,
        unhealthy_after,
        healthy_after,
        jitter,
    } = check;
    if let HealthCheckKind::Http { path, expect } = kind {
        let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'#';
        if !path.starts_with('/') || !path.bytes().all(is_plain) {
            let expected = "a path that begins with `/` and has no blank and no `#` in it";
            findings.odd(key.key("path"), expected, path, "write for example `/healthz`");
        }
        if expect.is_empty() {
            let expected = "at least one status";
            findings.odd(key.key("expect"), expected, "none", "write for example `[ 200 ]`");
        }
        for (index, status) in expect.iter().enumerate() {
            if !(200..=599).contains(status) {
                let expected = "a status from 200 to 599";
                let found = status.to_string();
                findings.odd(
                    key.key("expect").index(index),
                    expected,
                    &found,
                    "write for example `200`",
                );
            }
        }
    }
    findings.time(key.key("every"), *every);
    findings.time(key.key("timeout"), *timeout);
    findings.count(key.key("unhealthyAfter"), *unhealthy_after, MOST_IN_A_ROW);
    findings.count(key.key("healthyAfter"), *healthy_after, MOST_IN_A_ROW);
    if !(0.0..=1.0).contains(jitter) {
        findings.add(key.key("jitter"), Rule::Share { found: *jitter });
    }
}
