//! An upstream by itself.

mod health;
mod outlier;

use super::{Findings, Rule, Violation};
use crate::{KeyPath, RetryPolicy, Upstream};

pub(crate) fn upstream(upstream: &Upstream) -> Result<(), Vec<Violation>> {
    let Upstream {
        name,
        endpoints,
        timeout,
        connect_timeout,
        retry,
        per: _,
        keys,
        breaker,
        outlier,
        health_checks,
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
    findings.time(here.key("timeout"), *timeout);
    findings.time(here.key("connectTimeout"), *connect_timeout);
    if retry.max_retries > RetryPolicy::MOST {
        let (found, most) = (retry.max_retries, RetryPolicy::MOST);
        findings.add(
            here.key("retry").key("maxRetries"),
            Rule::TooManyRetries { found, most },
        );
    }
    let breaker_key = here.key("breaker");
    findings.add_all(&breaker_key, breaker.check());
    findings.add_all(&breaker_key, keys.check());
    outlier::outlier(outlier, &here.key("outlier"), &mut findings);
    health::health_checks(health_checks, &here.key("healthChecks"), &mut findings);
    findings.into_result()
}
