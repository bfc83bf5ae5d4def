//! `kind: shed`.

use super::{Findings, Rule};
use crate::{KeyPath, Shed};

/// The most requests in flight that may be configured.
const MOST: u32 = 1_000_000;

pub(super) fn check(shed: &Shed, key: &KeyPath, findings: &mut Findings) {
    let Shed {
        header,
        levels,
        default,
        believe: _,
        in_flight,
        from,
        latency,
    } = shed;
    if let Some(name) = header
        && !crate::header::is_name(name)
    {
        let (expected, advice) = ("the name of a header", "write letters, digits and hyphens");
        findings.odd(key.key("priority"), expected, name, advice);
    }
    let levels_key = key.key("levels");
    if !Shed::LEVELS.contains(&levels.len()) {
        let expected = "from 2 to 8 levels, the most important first";
        let advice = "write for example `[ critical, normal, bulk ]`";
        findings.odd(levels_key.clone(), expected, &levels.len().to_string(), advice);
    }
    for (index, level) in levels.iter().enumerate() {
        findings.name(levels_key.index(index), level);
    }
    let named = levels.iter().enumerate();
    // As a request is read: what differs in case and hyphens alone is the same.
    let named = named.map(|(index, level)| (levels_key.index(index), plain(level)));
    findings.duplicates("level", |level| level.clone(), named);
    if let Some(default) = default
        && shed.default_level().is_none()
    {
        let (expected, advice) = ("one of the levels", "write one of them, or add it");
        findings.odd(key.key("default"), expected, default, advice);
    }
    let when = key.key("when");
    if in_flight.is_none() && latency.is_none() {
        let expected = "at least one of `inFlight` and `latency`";
        let advice = "write for example `when: { inFlight: 200 }`";
        findings.odd(when.clone(), expected, "none", advice);
    }
    if let Some(in_flight) = *in_flight {
        findings.count(when.key("inFlight"), in_flight, MOST);
    }
    if let Some(latency) = *latency {
        findings.time(when.key("latency"), latency);
    }
    if !(*from > 0.0 && *from <= 1.0) {
        findings.add(when.key("from"), Rule::Rate { found: *from });
    }
}

fn plain(level: &str) -> String {
    let letters = level.chars().filter(|c| !matches!(c, '-' | '_'));
    letters.flat_map(char::to_lowercase).collect()
}
