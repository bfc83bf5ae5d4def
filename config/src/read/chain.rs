//! Chains and their nodes.

use super::{Field, Section, keys};
use crate::document::Value;
use crate::error::Problems;
use crate::{Chain, Node, NodeKind, OverBudget, PanicBudget, Route, RouteRule, Rule};

const NODE_EXAMPLE: &str = "{ kind: route, rules: [ { path: /, upstream: web } ] }";

pub(super) fn chain(name: &str, field: &Field<'_>, problems: &mut Problems) -> Chain {
    let mut chain = Chain::new(name, Vec::new());
    let example = format!("{{ nodes: [ {NODE_EXAMPLE} ] }}");
    let Some(section) = Section::open(field, &keys::CHAIN, &example, problems) else {
        problems.hide(&field.path);
        return chain;
    };
    if let Some(field) = section.field("panicBudget") {
        chain.panic_budget = panic_budget(&field, PanicBudget::default(), problems);
    }
    let example = "nodes: [ { kind: route, rules: [ { path: /, upstream: web } ] } ]";
    let Some(nodes) = section.require("nodes", example, problems) else {
        return chain;
    };
    let advice = format!("write for example `[ {NODE_EXAMPLE} ]`");
    let items = nodes
        .items("a list of nodes", &advice, problems)
        .unwrap_or_default();
    let ends_elsewhere = items.last().is_some_and(is_planned);
    chain.nodes = items
        .iter()
        .map(|item| node(item, chain.panic_budget, problems))
        .collect();
    if ends_elsewhere {
        problems.report(nodes.at, &nodes.path, Rule::NoRoute.into());
    }
    chain
}

/// Whether a node is of a kind that has a meaning but is not built yet.
fn is_planned(field: &Field<'_>) -> bool {
    let Value::Map(entries) = &field.node.value else {
        return false;
    };
    entries.iter().any(|entry| match &entry.value.value {
        Value::Scalar(kind) => entry.key == "kind" && keys::NODE_KINDS.planned.contains(&kind.text.as_str()),
        _ => false,
    })
}

/// What the document does not say is as in `default`; `None` where it is off.
fn panic_budget(field: &Field<'_>, default: PanicBudget, problems: &mut Problems) -> Option<PanicBudget> {
    if field.is_off() {
        return None;
    }
    let example = "{ rate: 0.1, minCalls: 100, per: 10s, then: failClosed }` or `off";
    let Some(section) = Section::open(field, &keys::PANIC_BUDGET, example, problems) else {
        return Some(default);
    };
    let then = match section.choice("then", &keys::OVER_BUDGET, problems) {
        Some("failOpen") => OverBudget::FailOpen,
        Some(_) => OverBudget::FailClosed,
        None => default.then,
    };
    Some(PanicBudget {
        rate: section.share("rate", problems).unwrap_or(default.rate),
        min_calls: section.count("minCalls", problems).unwrap_or(default.min_calls),
        per: section.time("per", problems).unwrap_or(default.per),
        then,
    })
}

fn node(field: &Field<'_>, budget: Option<PanicBudget>, problems: &mut Problems) -> Node {
    // A request that passes a route by leads nowhere: what the chain says of all its nodes cannot mean that.
    let budget = budget.map(PanicBudget::closed);
    let mut node = Node {
        panic_budget: budget,
        ..Node::new("", NodeKind::Route(Route { rules: Vec::new() }))
    };
    let Some(section) = Section::peek(field, NODE_EXAMPLE, problems) else {
        problems.hide(&field.path);
        return node;
    };
    let kind = section
        .require("kind", "kind: route", problems)
        .and_then(|field| field.choice("kind", &keys::NODE_KINDS, problems));
    let Some(kind) = kind else {
        // Which keys it may have depends on its kind.
        problems.hide(&field.path);
        return node;
    };
    section.check_keys(&keys::ROUTE, problems);
    node.name = match section.field("name") {
        Some(field) => field
            .text("the name of the node", kind, problems)
            .unwrap_or_default(),
        None => kind,
    }
    .to_owned();
    if let Some(field) = section.field("panicBudget") {
        node.panic_budget = panic_budget(&field, budget.unwrap_or_default(), problems);
    }
    let example = "rules: [ { path: /, upstream: web } ]";
    if let Some(field) = section.require("rules", example, problems) {
        let advice = format!("write for example `{example}`");
        let items = field
            .items("a list of rules", &advice, problems)
            .unwrap_or_default();
        let rules = items.iter().map(|item| rule(item, problems)).collect();
        node.kind = NodeKind::Route(Route { rules });
    }
    node
}

fn rule(field: &Field<'_>, problems: &mut Problems) -> RouteRule {
    let Some(section) = Section::open(field, &keys::RULE, "{ path: /, upstream: web }", problems) else {
        problems.hide(&field.path);
        return RouteRule {
            path: String::new(),
            upstream: String::new(),
        };
    };
    let path = section
        .require("path", "path: /", problems)
        .and_then(|field| field.text("a path", "/pay", problems))
        .unwrap_or_default();
    let upstream = if section.field("split").is_some() && section.field("upstream").is_none() {
        // `split` stands in its place and has been reported.
        problems.hide(&section.path().key("upstream"));
        None
    } else {
        section
            .require("upstream", "upstream: web", problems)
            .and_then(|field| field.text("the name of an upstream", "web", problems))
    };
    RouteRule {
        path: path.to_owned(),
        upstream: upstream.unwrap_or_default().to_owned(),
    }
}
