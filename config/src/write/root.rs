//! The top of a document.

use serde_json::{Map, Value, json};

use super::{node, or_off, secret, time, unless_empty, upstream};
use crate::{
    Chain, Expose, Listener, ListenerLimits, OverBudget, PanicBudget, RequestQuarantine, Revision, Signal,
    Telemetry,
};

pub(super) fn revision(revision: &Revision) -> Value {
    let Revision {
        number: _,
        listeners,
        chains,
        upstreams,
        telemetry: told,
    } = revision;
    let chains = chains
        .iter()
        .map(|chain| (chain.name.clone(), self::chain(chain)));
    let upstreams = upstreams
        .iter()
        .map(|upstream| (upstream.name.clone(), upstream::upstream(upstream)));
    json!({
        "version": 1,
        "listeners": listeners.iter().map(listener).collect::<Vec<_>>(),
        "chains": chains.collect::<Map<_, _>>(),
        "upstreams": upstreams.collect::<Map<_, _>>(),
        "telemetry": told.as_ref().map(telemetry),
    })
}

fn listener(listener: &Listener) -> Value {
    let Listener {
        bind,
        chain,
        tenant,
        expose,
        limits: taken,
        trusted_hops,
    } = listener;
    let hops: Vec<String> = trusted_hops.iter().map(ToString::to_string).collect();
    json!({
        "bind": bind.to_string(),
        "chain": chain,
        "tenant": tenant.as_ref().map(|name| format!("header:{name}")),
        // Left out it goes by the address, which a flag may have replaced.
        "expose": expose.map(Expose::name),
        "limits": limits(taken),
        "trustedHops": unless_empty(&hops),
    })
}

fn limits(limits: &ListenerLimits) -> Value {
    json!({
        "targetBytes": limits.target_bytes,
        "headerBytes": limits.header_bytes,
        "headerCount": limits.header_count,
        "bodyBytes": or_off(limits.body_bytes, Value::from),
        "headerTime": time(limits.header_time),
        "bodyTime": time(limits.body_time),
        "bodyRate": limits.body_rate,
        "idleTime": time(limits.idle_time),
        "writeTime": time(limits.write_time),
        "writeRate": limits.write_rate,
        "halfClosedTime": time(limits.half_closed_time),
        "connections": limits.connections,
        "connectionsPerAddress": or_off(limits.connections_per_address, Value::from),
        "requests": limits.requests,
        "requestsWaiting": limits.requests_waiting,
        "requestWait": time(limits.request_wait),
        "utilization": or_off(limits.utilization, Value::from),
    })
}

fn chain(chain: &Chain) -> Value {
    let Chain {
        name: _,
        nodes,
        panic_budget,
        quarantine: held,
    } = chain;
    json!({
        "nodes": nodes.iter().map(node::node).collect::<Vec<_>>(),
        "panicBudget": or_off(panic_budget.as_ref(), budget),
        "quarantine": or_off(held.as_ref(), quarantine),
    })
}

pub(super) fn budget(budget: &PanicBudget) -> Value {
    let PanicBudget {
        rate,
        min_calls,
        per,
        then,
    } = budget;
    let then = match then {
        OverBudget::FailClosed => "failClosed",
        OverBudget::FailOpen => "failOpen",
    };
    json!({ "rate": rate, "minCalls": min_calls, "per": time(*per), "then": then })
}

fn quarantine(quarantine: &RequestQuarantine) -> Value {
    let RequestQuarantine {
        headers,
        crashes,
        per,
        lasts,
    } = quarantine;
    json!({ "headers": headers, "crashes": crashes, "per": time(*per), "for": time(*lasts) })
}

fn telemetry(telemetry: &Telemetry) -> Value {
    let name = |signal: &Signal| {
        let known = Signal::ALL.into_iter().zip(Signal::NAMES);
        known
            .into_iter()
            .find_map(|(known, name)| (known == *signal).then_some(name))
    };
    json!({
        "otlp": telemetry.otlp.as_deref().map(secret::url),
        "sample": telemetry.sample,
        "slow": or_off(telemetry.slow, time),
        "accessLog": telemetry.access_log,
        "service": telemetry.service,
        "resource": secret::map(&telemetry.resource),
        "export": telemetry.export.iter().filter_map(name).collect::<Vec<_>>(),
        "metricsEvery": time(telemetry.metrics_every),
        "exportTimeout": time(telemetry.export_timeout),
        "queue": telemetry.queue,
        "flushTime": time(telemetry.flush_time),
    })
}
