//! Copies of requests.

use crate::check::{Findings, Rule, Violation};
use crate::{KeyPath, MirrorPolicy};

pub(crate) fn mirror(policy: &MirrorPolicy) -> Result<(), Vec<Violation>> {
    let MirrorPolicy {
        upstream: _,
        fraction,
        max_in_flight,
    } = policy;
    let root = KeyPath::root();
    let mut findings = Findings::default();
    if *fraction == 0.0 {
        let advice = "turn it off: `mirror: off`";
        findings.odd(root.key("fraction"), "a share above 0", "0", advice);
    } else if !(0.0..=1.0).contains(fraction) {
        findings.add(root.key("fraction"), Rule::Share { found: *fraction });
    }
    let most = MirrorPolicy::MOST_IN_FLIGHT;
    if !(1..=most).contains(max_in_flight) {
        let advice = "write for example `64`";
        let found = max_in_flight.to_string();
        let expected = "from 1 to 10000 copies under way";
        findings.odd(root.key("maxInFlight"), expected, &found, advice);
    }
    findings.into_result()
}
