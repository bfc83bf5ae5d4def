//! Chains and their nodes.

use super::node::{self, NODE_EXAMPLE};
use super::{Field, Section, keys, quarantine};
use crate::error::Problems;
use crate::{Chain, OverBudget, PanicBudget};

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
    chain.nodes = items
        .iter()
        .map(|item| node::node(item, chain.panic_budget, problems))
        .collect();
    chain
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
