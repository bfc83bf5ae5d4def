//! The nodes of chains.

use serde_json::{Map, Value, json};

use super::root::budget;
use super::{or_off, secret, time, unless_empty};
use crate::{
    Believe, ConcurrencyLimit, Destination, Fault, HeaderEdits, HeaderMatch, IdCharacters, Inject, KeepId,
    LogOutput, Node, NodeKind, Parent, RateLimit, Reach, Rewrite, RouteRule, Shed, Sticky, WithoutKey,
};

pub(super) fn node(node: &Node) -> Value {
    let mut written = kind(&node.kind);
    written.insert("name".to_owned(), node.name.clone().into());
    written.insert("kind".to_owned(), node.kind.name().into());
    let budget = or_off(node.panic_budget.as_ref(), budget);
    written.insert("panicBudget".to_owned(), budget);
    written.into()
}

/// What a node of this kind says beside what all of them do.
fn kind(kind: &NodeKind) -> Map<String, Value> {
    let written = match kind {
        NodeKind::AccessLog(log) => {
            let to = match log.to {
                LogOutput::Stdout => "stdout",
                LogOutput::Stderr => "stderr",
            };
            json!({ "sample": log.sample, "slow": or_off(log.slow, time), "to": to })
        }
        NodeKind::Concurrency(bound) => {
            let (max, adaptive) = match &bound.limit {
                ConcurrencyLimit::Fixed(max) => (Some(max), None),
                ConcurrencyLimit::Adaptive(limit) => (
                    None,
                    Some(json!({
                        "initial": limit.initial,
                        "min": limit.min,
                        "max": limit.max,
                        "tolerance": limit.tolerance,
                    })),
                ),
            };
            let waiting = bound.wait.map(|_| bound.max_waiting);
            json!({ "max": max, "adaptive": adaptive, "wait": or_off(bound.wait, time), "maxWaiting": waiting })
        }
        NodeKind::BodyLimit(limit) => json!({ "max": limit.max }),
        NodeKind::Cors(cors) => json!({
            "origins": cors.origins,
            "methods": unless_empty(&cors.methods),
            "headers": unless_empty(&cors.headers),
            "exposeHeaders": unless_empty(&cors.expose_headers),
            "credentials": cors.credentials,
            "maxAge": cors.max_age.map(time),
        }),
        NodeKind::Deadline(deadline) => json!({
            "default": time(deadline.default),
            "max": deadline.max.map(time),
            "min": deadline.min.map(time),
        }),
        NodeKind::Headers(headers) => {
            json!({ "request": edits(&headers.request), "reply": edits(&headers.reply) })
        }
        NodeKind::Inject(inject) => faults(inject),
        NodeKind::RateLimit(limit) => rate_limit(limit),
        NodeKind::Reply(reply) => json!({
            "status": reply.status,
            "headers": secret::map(&reply.headers),
            "body": reply.body,
            "path": reply.path,
        }),
        NodeKind::RequestId(id) => {
            let keep = match id.keep {
                KeepId::Always => "always",
                KeepId::Trusted => "trusted",
                KeepId::Never => "never",
            };
            let characters = match id.characters {
                IdCharacters::Visible => "visible",
                IdCharacters::Plain => "plain",
            };
            json!({ "header": id.header, "keep": keep, "maxLength": id.max_length, "characters": characters })
        }
        NodeKind::Rewrite(rewrite) => rewritten(rewrite),
        NodeKind::Route(route) => json!({ "rules": route.rules.iter().map(rule).collect::<Vec<_>>() }),
        NodeKind::Shed(shed) => shedding(shed),
        NodeKind::Trace(trace) => {
            let parent = match trace.parent {
                Parent::Follow => "follow",
                Parent::Ignore => "ignore",
            };
            json!({ "sample": trace.sample, "parent": parent })
        }
    };
    match written {
        Value::Object(written) => written,
        _ => Map::new(),
    }
}

fn edits(edits: &HeaderEdits) -> Value {
    let HeaderEdits { remove, set, add } = edits;
    let pairs = |pairs: &[(String, String)]| (!pairs.is_empty()).then(|| secret::map(pairs));
    if remove.is_empty() && set.is_empty() && add.is_empty() {
        return Value::Null;
    }
    json!({ "remove": unless_empty(remove), "set": pairs(set), "add": pairs(add) })
}

fn faults(inject: &Inject) -> Value {
    let (mut delay, mut abort, mut panic) = (None, None, None);
    for fault in &inject.faults {
        match fault {
            Fault::Delay(by) => delay = Some(time(*by)),
            Fault::Abort(status) => abort = Some(status),
            Fault::Panic => panic = Some(true),
        }
    }
    let allow: Vec<&str> = inject.allow.iter().map(|kind| kind.name()).collect();
    json!({
        "header": inject.header,
        "allow": allow,
        "maxDelay": time(inject.max_delay),
        "share": inject.share,
        "delay": delay,
        "abort": abort,
        "panic": panic,
    })
}

fn rate_limit(limit: &RateLimit) -> Value {
    let without_key = match limit.without_key {
        WithoutKey::Share => "share",
        WithoutKey::Pass => "pass",
    };
    json!({
        limit.rate.per.key(): limit.rate.requests,
        "burst": limit.burst,
        "key": limit.key.to_string(),
        "withoutKey": without_key,
        "maxKeys": limit.max_keys,
    })
}

fn rewritten(rewrite: &Rewrite) -> Value {
    let Rewrite {
        strip_prefix,
        replace_prefix,
        add_prefix,
        host,
    } = rewrite;
    json!({
        "stripPrefix": strip_prefix,
        "replacePrefix": replace_prefix.as_ref().map(|(from, to)| json!({ "from": from, "to": to })),
        "addPrefix": add_prefix,
        "host": host,
    })
}

fn rule(rule: &RouteRule) -> Value {
    let RouteRule {
        path,
        reach,
        methods,
        headers,
        host,
        to,
    } = rule;
    let key = match reach {
        Reach::Below => "path",
        Reach::Exact => "exact",
    };
    let headers = headers.iter().map(|(name, is)| {
        let value = match is {
            HeaderMatch::Present => "present",
            HeaderMatch::Is(value) => secret::shown(name, value),
        };
        (name.clone(), Value::from(value))
    });
    let headers: Map<_, _> = headers.collect();
    let (upstream, split, sticky) = match to {
        Destination::Upstream(upstream) => (Some(upstream), None, None),
        Destination::Split(split) => {
            let target =
                |target: &crate::Target| json!({ "upstream": target.upstream, "weight": target.weight });
            let targets: Vec<Value> = split.targets.iter().map(target).collect();
            (None, Some(targets), split.sticky.as_ref().map(sticky_by))
        }
    };
    json!({
        key: path,
        "methods": unless_empty(methods),
        "headers": (!headers.is_empty()).then_some(headers),
        "host": host,
        "upstream": upstream,
        "split": split,
        "sticky": sticky,
    })
}

fn sticky_by(sticky: &Sticky) -> String {
    match sticky {
        Sticky::Header(name) => format!("header:{name}"),
        Sticky::Cookie(name) => format!("cookie:{name}"),
        Sticky::Address => "address".to_owned(),
    }
}

fn shedding(shed: &Shed) -> Value {
    let believe = match shed.believe {
        Believe::TrustedHops => "trustedHops",
        Believe::Everyone => "everyone",
    };
    json!({
        "priority": shed.header.as_ref().map(|name| format!("header:{name}")),
        "levels": shed.levels,
        "default": shed.default,
        "believe": believe,
        "when": {
            "inFlight": shed.in_flight,
            "from": shed.from,
            "latency": shed.latency.map(time),
        },
    })
}
