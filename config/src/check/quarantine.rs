//! The quarantine of requests by itself.

use super::{Findings, Rule, Violation};
use crate::{KeyPath, RequestQuarantine, header};

/// Every crash that counts is remembered: so many for each fingerprint, and no more.
const MOST_CRASHES: u32 = 100;

pub(crate) fn quarantine(quarantine: &RequestQuarantine) -> Result<(), Vec<Violation>> {
    let RequestQuarantine {
        headers,
        crashes,
        per,
        lasts,
    } = quarantine;
    let here = KeyPath::root();
    let mut findings = Findings::default();
    let listed = here.key("headers");
    if headers.is_empty() {
        let (expected, found) = ("at least one header", "none".to_owned());
        let advice = "list those that tell your requests apart, such as `x-tenant`";
        findings.add(
            listed.clone(),
            Rule::Odd {
                expected,
                found,
                advice,
            },
        );
    }
    for (index, name) in headers
        .iter()
        .enumerate()
        .filter(|(_, name)| !header::is_name(name))
    {
        let (expected, found) = ("the name of a header", name.clone());
        let advice = "write letters, digits and hyphens";
        findings.add(
            listed.index(index),
            Rule::Odd {
                expected,
                found,
                advice,
            },
        );
    }
    if *crashes < 2 {
        let (expected, found) = ("at least 2 crashes", crashes.to_string());
        let advice = "raise it: one crash says nothing of the requests that succeed";
        findings.add(
            here.key("crashes"),
            Rule::Odd {
                expected,
                found,
                advice,
            },
        );
    } else if *crashes > MOST_CRASHES {
        let (found, most) = (*crashes, MOST_CRASHES);
        findings.add(here.key("crashes"), Rule::TooMuch { found, most });
    }
    findings.time(here.key("per"), *per);
    findings.time(here.key("for"), *lasts);
    findings.into_result()
}
