//! `kind: inject`.

use super::{Findings, Rule, header_name};
use crate::{Fault, FaultKind, Inject, KeyPath};

pub(super) fn check(inject: &Inject, key: &KeyPath, findings: &mut Findings) {
    let Inject {
        header,
        allow,
        max_delay,
        share,
        faults,
    } = inject;
    if let Some(header) = header {
        header_name(header, key.key("header"), findings);
    } else if faults.is_empty() {
        findings.add(key.clone(), Rule::NoFaults);
    }
    if header.is_some() && allow.is_empty() {
        findings.add(key.key("allow"), Rule::NoFaults);
    }
    findings.time(key.key("maxDelay"), *max_delay);
    if !(0.0..=1.0).contains(share) {
        findings.add(key.key("share"), Rule::Share { found: *share });
    }
    for fault in faults {
        let key = key.key(fault.kind().name());
        match *fault {
            Fault::Delay(time) => findings.time(key, time),
            Fault::Abort(status) if !Fault::refuses_with(status) => {
                let (expected, advice) = ("a status from 400 to 599", "write for example `503`");
                let found = status.to_string();
                findings.add(
                    key,
                    Rule::Odd {
                        expected,
                        found,
                        advice,
                    },
                );
            }
            Fault::Abort(_) | Fault::Panic => {}
        }
    }
    let ends = faults.iter().filter(|fault| fault.kind() != FaultKind::Delay);
    if ends.count() > 1 || faults.len() > 2 {
        findings.add(key.clone(), Rule::TooManyFaults);
    }
}
