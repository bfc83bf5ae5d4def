//! How calls are shared among endpoints.

use super::super::{Findings, Rule};
use crate::header;
use crate::{Balance, HashKey, Hashing, KeyPath, SlowStart, Upstream};

pub(super) fn balance(upstream: &Upstream, here: &KeyPath, findings: &mut Findings) {
    let balance_key = here.key("balance");
    if let Some(hashing) = upstream.balance.hashing() {
        hashed(hashing, &balance_key, findings);
    }
    for (index, addr) in upstream.endpoints.iter().enumerate() {
        let weight = upstream.weight(addr);
        let key = here.key("endpoints").index(index).key("weight");
        if weight != 1 && upstream.balance == Balance::RoundRobin {
            let advice = "remove it, or write `balance: weighted`";
            findings.odd(
                key.clone(),
                "no weight where each has its turn",
                &weight.to_string(),
                advice,
            );
        }
        findings.count(key, weight, Upstream::MOST_WEIGHT);
    }
    if let Some(slow_start) = &upstream.slow_start {
        let key = here.key("slowStart");
        if upstream.balance.hashing().is_some() {
            let advice = "remove it: a key moves as a whole";
            let name = upstream.balance.name();
            findings.odd(
                key.clone(),
                "a balancer that is not led by a key beside it",
                name,
                advice,
            );
        }
        slowly(slow_start, &key, findings);
    }
}

fn hashed(hashing: &Hashing, balance: &KeyPath, findings: &mut Findings) {
    let Hashing { key, bounded_load } = hashing;
    if let HashKey::Header(name) | HashKey::Cookie(name) = key
        && !header::is_name(name)
    {
        let advice = "write letters, digits and hyphens";
        findings.odd(balance.key("key"), "a name", name, advice);
    }
    if let Some(found) = bounded_load.filter(|bound| !(*bound > 1.0 && *bound <= Hashing::LOOSEST)) {
        let advice = "write for example `1.25`, or leave it out for no bound";
        let expected = "a number above 1 and at most 100";
        findings.odd(balance.key("boundedLoad"), expected, &found.to_string(), advice);
    }
}

fn slowly(slow_start: &SlowStart, here: &KeyPath, findings: &mut Findings) {
    let SlowStart {
        time,
        aggression,
        min_weight,
    } = *slow_start;
    findings.time(here.key("for"), time);
    if !(aggression > 0.0 && aggression <= SlowStart::MOST_AGGRESSION) {
        let expected = "a number above 0 and at most 100";
        let advice = "write `1.0` for a share that grows evenly";
        findings.odd(here.key("aggression"), expected, &aggression.to_string(), advice);
    }
    if !(min_weight > 0.0 && min_weight <= 1.0) {
        findings.add(here.key("minWeight"), Rule::Rate { found: min_weight });
    }
}
