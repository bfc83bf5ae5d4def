//! What a pool keeps and promises.

use super::{Field, Section, keys};
use crate::document::Node;
use crate::error::Problems;
use crate::{KeyPath, PoolContract, PoolPolicy, Slo};

/// The limits and the contract of the pool of an upstream.
pub(super) fn pool(field: &Field<'_>, problems: &mut Problems) -> PoolPolicy {
    let Some(section) = Section::open(field, &keys::POOL, "{ maxLeases: 200 }", problems) else {
        problems.hide(&field.path);
        return PoolPolicy::default();
    };
    policy(&section, problems)
}

/// A document that is the contract of one pool.
pub(crate) fn contract(tree: &Node, problems: &mut Problems) -> PoolContract {
    let field = Field {
        path: KeyPath::root(),
        at: tree.at,
        node: tree,
    };
    // Stands in for a name that was reported already.
    let mut contract = PoolContract {
        name: "unreadable".to_owned(),
        policy: PoolPolicy::default(),
    };
    let example = "pool: payments";
    let Some(section) = Section::open(&field, &keys::POOL_CONTRACT, example, problems) else {
        return contract;
    };
    if let Some(field) = section.require("pool", example, problems) {
        match field.text("the name of a pool", "payments", problems) {
            Some(name) => name.clone_into(&mut contract.name),
            None => problems.hide(&field.path),
        }
    }
    contract.policy = policy(&section, problems);
    contract
}

fn policy(section: &Section<'_>, problems: &mut Problems) -> PoolPolicy {
    let default = PoolPolicy::default();
    let from_zero = |key, problems: &mut Problems| {
        let field = section.field(key)?;
        field.count_from_zero(problems)
    };
    let max_life = section.time_or_off("maxLife", problems);
    let longest_lease = section.time_or_off("longestLease", problems);
    PoolPolicy {
        max_leases: section.count("maxLeases", problems).unwrap_or(default.max_leases),
        max_waiting: from_zero("maxWaiting", problems).unwrap_or(default.max_waiting),
        max_wait: section.time("maxWait", problems).unwrap_or(default.max_wait),
        barging: from_zero("barging", problems).unwrap_or(default.barging),
        min_keep_alive: section
            .time("minKeepAlive", problems)
            .unwrap_or(default.min_keep_alive),
        max_life: max_life.map_or(default.max_life, |life| life.on()),
        longest_lease: longest_lease.map_or(default.longest_lease, |longest| longest.on()),
        slo: section
            .field("slo")
            .map_or(default.slo, |field| slo(&field, problems)),
    }
}

fn slo(field: &Field<'_>, problems: &mut Problems) -> Slo {
    let default = Slo::default();
    if field.is_off() {
        return default;
    }
    let example = "{ p95Latency: 120ms, errorRate: 0.005 }` or `off";
    let Some(section) = Section::open(field, &keys::SLO, example, problems) else {
        problems.hide(&field.path);
        return default;
    };
    let p95_latency = section.time_or_off("p95Latency", problems);
    let error_rate = section.share_or_off("errorRate", problems);
    Slo {
        p95_latency: p95_latency.and_then(|latency| latency.on()),
        error_rate: error_rate.and_then(|rate| rate.on()),
        window: section.time("window", problems).unwrap_or(default.window),
    }
}
