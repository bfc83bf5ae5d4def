//! A chain by itself.

use super::{Findings, Rule, Violation};
use crate::{Chain, KeyPath, Node, OverBudget, PanicBudget};

pub(crate) fn chain(chain: &Chain) -> Result<(), Vec<Violation>> {
    let Chain {
        name,
        nodes,
        panic_budget: of_all,
    } = chain;
    let here = KeyPath::root().key("chains").key(name.as_str());
    let nodes_key = here.key("nodes");
    let mut findings = Findings::default();
    if let Some(budget) = of_all {
        panic_budget(budget, &here.key("panicBudget"), &mut findings);
    }
    findings.name(here, name);
    for (index, node) in nodes.iter().enumerate() {
        one(node, *of_all, &nodes_key.index(index), &mut findings);
    }
    let names = nodes.iter().enumerate().map(|(index, node)| {
        let key = nodes_key.index(index).key("name");
        (key, node.name.as_str())
    });
    findings.duplicates("node name", |name| (*name).to_owned(), names);
    findings.into_result()
}

/// A node by itself, in a chain that says this of all its nodes.
pub(crate) fn node(node: &Node, of_all: Option<PanicBudget>) -> Result<(), Vec<Violation>> {
    let mut findings = Findings::default();
    one(node, of_all, &KeyPath::root(), &mut findings);
    findings.into_result()
}

fn one(node: &Node, of_all: Option<PanicBudget>, key: &KeyPath, findings: &mut Findings) {
    findings.name(key.key("name"), &node.name);
    // What it has from the chain is the chain's mistake, and told there.
    let own = node
        .panic_budget
        .filter(|own| of_all.map(PanicBudget::closed) != Some(own.closed()));
    if let Some(budget) = &own {
        panic_budget(budget, &key.key("panicBudget"), findings);
    }
    super::node::kind(&node.kind, key, findings);
    if node.kind.is_last()
        && node
            .panic_budget
            .is_some_and(|budget| budget.then == OverBudget::FailOpen)
    {
        findings.add(key.key("panicBudget").key("then"), Rule::SkippedRoute);
    }
}

fn panic_budget(budget: &PanicBudget, key: &KeyPath, findings: &mut Findings) {
    let PanicBudget {
        rate,
        min_calls,
        per,
        then: _,
    } = *budget;
    if !(rate > 0.0 && rate <= 1.0) {
        findings.add(key.key("rate"), Rule::Rate { found: rate });
    }
    if min_calls == 0 {
        findings.add(key.key("minCalls"), Rule::ZeroCount);
    }
    findings.time(key.key("per"), per);
}
