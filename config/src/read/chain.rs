//! Chains and their nodes.

use super::node::{self, NODE_EXAMPLE};
use super::{Field, Section, keys, quarantine};
use crate::document::Value;
use crate::error::Problems;
use crate::{Chain, OverBudget, PanicBudget, Rule};

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
    if let Some(field) = section.field("quarantine") {
        chain.quarantine = quarantine::quarantine(&field, problems);
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
        .map(|item| node::node(item, chain.panic_budget, problems))
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
        Value::Scalar(kind) => entry.key == "kind" && node::KINDS.planned.contains(&kind.text.as_str()),
        _ => false,
    })
}

/// What the document does not say is as in `default`; `None` where it is off.
pub(super) fn panic_budget(
    field: &Field<'_>,
    default: PanicBudget,
    problems: &mut Problems,
) -> Option<PanicBudget> {
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
