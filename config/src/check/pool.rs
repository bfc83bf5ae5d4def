//! The numbers of a pool.

use super::{Findings, Rule, Violation};
use crate::{KeyPath, PoolContract, PoolPolicy, Slo};

pub(crate) fn pool(policy: &PoolPolicy) -> Result<(), Vec<Violation>> {
    let PoolPolicy {
        max_leases,
        max_waiting,
        max_wait,
        barging,
        min_keep_alive,
        max_life,
        longest_lease,
        slo,
    } = policy;
    let root = KeyPath::root();
    let mut findings = Findings::default();
    let most = PoolPolicy::MOST_LEASES;
    findings.count(root.key("maxLeases"), *max_leases, most);
    // None may wait, and nobody may go past.
    findings.count(root.key("maxWaiting"), (*max_waiting).max(1), most);
    findings.count(root.key("barging"), (*barging).max(1), PoolPolicy::MOST_BARGING);
    let Slo {
        p95_latency,
        error_rate,
        window,
    } = slo;
    let slo_key = root.key("slo");
    let times = [
        (root.key("maxWait"), Some(*max_wait)),
        (root.key("minKeepAlive"), Some(*min_keep_alive)),
        (root.key("maxLife"), *max_life),
        (root.key("longestLease"), *longest_lease),
        (slo_key.key("p95Latency"), *p95_latency),
        (slo_key.key("window"), Some(*window)),
    ];
    for (key, time) in times {
        if let Some(time) = time {
            findings.time(key, time);
        }
    }
    if let Some(found) = error_rate.filter(|rate| !(*rate > 0.0 && *rate <= 1.0)) {
        findings.add(slo_key.key("errorRate"), Rule::Rate { found });
    }
    findings.into_result()
}

pub(crate) fn contract(contract: &PoolContract) -> Result<(), Vec<Violation>> {
    let mut findings = Findings::default();
    findings.name(KeyPath::root().key("pool"), &contract.name);
    findings.add_all(&KeyPath::root(), pool(&contract.policy));
    findings.into_result()
}
