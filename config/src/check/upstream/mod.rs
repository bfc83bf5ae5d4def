//! An upstream by itself.

mod balance;
mod retry;

pub(crate) use retry::{hedge, retry};

use super::{Findings, Rule, Violation};
use crate::{KeyPath, Upstream};

pub(crate) fn upstream(upstream: &Upstream) -> Result<(), Vec<Violation>> {
    let Upstream {
        name,
        endpoints,
        weights: _,
        balance: _,
        slow_start: _,
        outlier,
        timeout,
        connect_timeout,
        required: _,
        retry,
        hedge,
        per: _,
        keys,
        breaker,
        pool,
    } = upstream;
    let here = KeyPath::root().key("upstreams").key(name.as_str());
    let mut findings = Findings::default();
    findings.name(here.clone(), name);
    let endpoints_key = here.key("endpoints");
    if endpoints.is_empty() {
        findings.add(endpoints_key.clone(), Rule::NoEndpoints);
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
    if !(0.0..=1.0).contains(&outlier.panic_below) {
        let found = outlier.panic_below;
        findings.add(here.key("outlier").key("panicBelow"), Rule::Share { found });
    }
    findings.time(here.key("timeout"), *timeout);
    findings.time(here.key("connectTimeout"), *connect_timeout);
    findings.add_all(&here.key("retry"), retry.check());
    if let Some(hedge) = hedge {
        findings.add_all(&here.key("hedge"), hedge.check());
    }
    let breaker_key = here.key("breaker");
    findings.add_all(&breaker_key, breaker.check());
    findings.add_all(&breaker_key, keys.check());
    findings.add_all(&here.key("pool"), pool.check());
    findings.into_result()
}
