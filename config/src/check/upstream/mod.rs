//! An upstream by itself.

mod balance;
mod discovery;
mod health;
mod mirror;
mod outlier;
mod retry;

pub(crate) use mirror::mirror;
pub(crate) use retry::{hedge, retry};

use super::{Findings, Rule, Violation};
use crate::{KeyPath, Upstream};

pub(crate) fn upstream(upstream: &Upstream) -> Result<(), Vec<Violation>> {
    let Upstream {
        name,
        endpoints,
        discovery,
        weights: _,
        priorities: _,
        balance: _,
        slow_start: _,
        timeout,
        connect_timeout,
        required: _,
        retry,
        hedge,
        mirror,
        per: _,
        keys,
        breaker,
        pool,
        outlier,
        health_checks,
    } = upstream;
    let here = KeyPath::root().key("upstreams").key(name.as_str());
    let mut findings = Findings::default();
    findings.name(here.clone(), name);
    let endpoints_key = here.key("endpoints");
    match discovery {
        None if endpoints.is_empty() => findings.add(endpoints_key.clone(), Rule::NoEndpoints),
        Some(_) if !endpoints.is_empty() => findings.add(endpoints_key.clone(), Rule::ListedAndDiscovered),
        _ => {}
    }
    if let Some(discovery) = discovery {
        discovery::discovery(&here.key("discovery"), name, discovery, &mut findings);
    }
    findings.duplicates(
        "endpoint",
        |(host, port)| format!("{host}:{port}"),
        endpoints.iter().enumerate().map(|(index, endpoint)| {
            // Host names are the same in any case.
            let same = (endpoint.host().to_lowercase(), endpoint.port());
            (endpoints_key.index(index), same)
        }),
    );
    balance::balance(upstream, &here, &mut findings);
    findings.time(here.key("timeout"), *timeout);
    findings.time(here.key("connectTimeout"), *connect_timeout);
    findings.add_all(&here.key("retry"), retry.check());
    if let Some(hedge) = hedge {
        findings.add_all(&here.key("hedge"), hedge.check());
    }
    if let Some(mirror) = mirror {
        let mirror_key = here.key("mirror");
        findings.add_all(&mirror_key, mirror.check());
        if mirror.upstream == *name {
            let advice = "name the upstream that is to be tried under its traffic";
            findings.odd(mirror_key.key("upstream"), "another upstream", name, advice);
        }
    }
    let breaker_key = here.key("breaker");
    findings.add_all(&breaker_key, breaker.check());
    findings.add_all(&breaker_key, keys.check());
    findings.add_all(&here.key("pool"), pool.check());
    outlier::outlier(outlier, &here.key("outlier"), &mut findings);
    health::health_checks(health_checks, &here.key("healthChecks"), &mut findings);
    findings.into_result()
}
