//! Upstreams.

use serde_json::{Value, json};

use super::{breaker, or_off, secret, time};
use crate::{
    Balance, Discovery, DnsRecords, EndpointAddr, HashKey, HealthCheck, HealthCheckKind, HedgeAfter,
    HedgePolicy, MirrorPolicy, PoolPolicy, RetryCause, RetryPolicy, SlowStart, Upstream,
};

pub(super) fn upstream(upstream: &Upstream) -> Value {
    let endpoint = |addr: &EndpointAddr| {
        let (weight, priority) = (upstream.weights.get(addr), upstream.priorities.get(addr));
        if weight.is_none() && priority.is_none() {
            return addr.to_string().into();
        }
        json!({ "addr": addr.to_string(), "weight": weight, "priority": priority })
    };
    let endpoints: Vec<Value> = upstream.endpoints.iter().map(endpoint).collect();
    let checks: Vec<Value> = upstream.health_checks.iter().map(health_check).collect();
    json!({
        "endpoints": upstream.discovery.is_none().then_some(endpoints),
        "discovery": upstream.discovery.as_ref().map(discovery),
        "balance": balance(&upstream.balance),
        "slowStart": or_off(upstream.slow_start.as_ref(), slow_start),
        "timeout": time(upstream.timeout),
        "connectTimeout": time(upstream.connect_timeout),
        "required": upstream.required,
        "retry": retry(&upstream.retry),
        "hedge": or_off(upstream.hedge.as_ref(), hedge),
        "mirror": or_off(upstream.mirror.as_ref(), mirror),
        "breaker": breaker::breaker(&upstream.breaker, upstream.per, &upstream.keys),
        "pool": pool(&upstream.pool),
        "outlier": breaker::outlier(&upstream.outlier),
        "healthChecks": or_off((!checks.is_empty()).then_some(checks), Value::from),
    })
}

fn discovery(discovery: &Discovery) -> Value {
    match discovery {
        Discovery::Registry(registry) => json!({ "registry": { "service": registry.service } }),
        Discovery::Dns(dns) => {
            let (port, srv) = match dns.records {
                DnsRecords::Addresses { port } => (Some(port), None),
                DnsRecords::Services => (None, Some(true)),
            };
            json!({ "dns": {
                "name": dns.name,
                "port": port,
                "srv": srv,
                "every": time(dns.every),
                "minTtl": time(dns.min_ttl),
                "maxStale": or_off(dns.max_stale, time),
                "emptyAnswers": dns.empty_answers,
                "resolver": dns.resolver.map(|resolver| resolver.to_string()),
            } })
        }
    }
}

fn balance(balance: &Balance) -> Value {
    let Some(hashing) = balance.hashing() else {
        return balance.name().into();
    };
    let key = match &hashing.key {
        HashKey::Header(name) => format!("header:{name}"),
        HashKey::Cookie(name) => format!("cookie:{name}"),
        HashKey::Address => "address".to_owned(),
        HashKey::Path => "path".to_owned(),
    };
    json!({ "kind": balance.name(), "key": key, "boundedLoad": or_off(hashing.bounded_load, Value::from) })
}

fn slow_start(start: &SlowStart) -> Value {
    json!({ "for": time(start.time), "aggression": start.aggression, "minWeight": start.min_weight })
}

fn retry(retry: &RetryPolicy) -> Value {
    let cause = |cause: &RetryCause| match cause {
        RetryCause::Status(status) => Value::from(*status),
        named => named.to_string().into(),
    };
    json!({
        "maxRetries": retry.max_retries,
        "backoff": { "initial": time(retry.backoff.initial), "max": time(retry.backoff.max) },
        "budget": { "ratio": retry.budget.ratio, "min": retry.budget.min },
        "on": retry.on.iter().map(cause).collect::<Vec<_>>(),
        "perTryTimeout": or_off(retry.per_try_timeout, time),
        "replayBytes": retry.replay_bytes,
        "idempotentBy": retry.idempotent_by.as_ref().map(|name| format!("header:{name}")),
    })
}

fn hedge(hedge: &HedgePolicy) -> Value {
    let after = match hedge.after {
        HedgeAfter::Time(after) => time(after),
        HedgeAfter::Percentile(percent) => format!("p{percent}").into(),
    };
    json!({ "after": after, "max": hedge.max })
}

fn mirror(mirror: &MirrorPolicy) -> Value {
    json!({ "upstream": mirror.upstream, "fraction": mirror.fraction, "maxInFlight": mirror.max_in_flight })
}

fn pool(pool: &PoolPolicy) -> Value {
    json!({
        "maxLeases": pool.max_leases,
        "maxWaiting": pool.max_waiting,
        "maxWait": time(pool.max_wait),
        "barging": pool.barging,
        "minKeepAlive": time(pool.min_keep_alive),
        "maxLife": or_off(pool.max_life, time),
        "longestLease": or_off(pool.longest_lease, time),
        "slo": {
            "p95Latency": or_off(pool.slo.p95_latency, time),
            "errorRate": or_off(pool.slo.error_rate, Value::from),
            "window": time(pool.slo.window),
        },
    })
}

fn health_check(check: &HealthCheck) -> Value {
    let (kind, path, expect) = match &check.kind {
        HealthCheckKind::Http { path, expect } => ("http", Some(secret::url(path)), Some(expect)),
        HealthCheckKind::Tcp => ("tcp", None, None),
    };
    json!({
        "kind": kind,
        "path": path,
        "expect": expect,
        "every": time(check.every),
        "timeout": time(check.timeout),
        "unhealthyAfter": check.unhealthy_after,
        "healthyAfter": check.healthy_after,
        "jitter": check.jitter,
    })
}
