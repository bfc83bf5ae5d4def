//! The top of a document.

use super::{Field, Section, chain, keys, listener, telemetry, upstream};
use crate::document::{Kind, Node, Value};
use crate::error::Problems;
use crate::{KeyPath, Listener, PanicBudget, Revision};

/// The version of the format that this version of the program reads.
const VERSION: &str = "1";

pub(crate) fn revision(tree: &Node, problems: &mut Problems) -> Revision {
    let field = Field {
        path: KeyPath::root(),
        at: tree.at,
        node: tree,
    };
    let mut revision = Revision {
        number: 1,
        listeners: Vec::new(),
        chains: Vec::new(),
        upstreams: Vec::new(),
        telemetry: None,
    };
    if is_contract(&field) {
        let advice = "in code it is read by `PoolContract::parse`; in a config, its keys but `pool` stand under \
            `upstreams.NAME.pool`";
        field.unexpected("a config", advice, problems);
        return revision;
    }
    let Some(root) = Section::open(&field, &keys::ROOT, "version: 1", problems) else {
        return revision;
    };
    if let Some(field) = root.require("version", "version: 1", problems) {
        version(&field, problems);
    }
    if let Some(field) = root.require(
        "listeners",
        "listeners: [ { bind: 127.0.0.1:8080, chain: edge } ]",
        problems,
    ) {
        revision.listeners = listeners(&field, problems);
    }
    let example = "chains: { edge: { nodes: [ { kind: route, rules: [ { path: /, upstream: web } ] } ] } }";
    if let Some(field) = root.require("chains", example, problems) {
        let named = field.named("a map of chains by their names", &advice(example), problems);
        let named = named.into_iter().flatten();
        revision.chains = named
            .map(|(name, field)| chain::chain(name, &field, problems))
            .collect();
    }
    let example = "upstreams: { web: { endpoints: [\"127.0.0.1:9001\"] } }";
    if let Some(field) = root.require("upstreams", example, problems) {
        let named = field.named("a map of upstreams by their names", &advice(example), problems);
        let named = named.into_iter().flatten();
        revision.upstreams = named
            .map(|(name, field)| upstream::upstream(name, &field, problems))
            .collect();
    }
    if let Some(field) = root.field("telemetry") {
        revision.telemetry = Some(telemetry::telemetry(&field, problems));
    }
    revision
}

/// A document that is one node of a chain.
pub(crate) fn node(tree: &Node, budget: Option<PanicBudget>, problems: &mut Problems) -> crate::Node {
    let field = Field {
        path: KeyPath::root(),
        at: tree.at,
        node: tree,
    };
    super::node::node(&field, budget, problems)
}

/// Whether a document is the contract of one pool rather than a config.
fn is_contract(field: &Field<'_>) -> bool {
    Section::opened(field).is_some_and(|root| {
        let has = |key: &str| root.field(key).is_some();
        has("pool") && !keys::ROOT.built().any(has)
    })
}

fn advice(example: &str) -> String {
    format!("write for example `{example}`")
}

fn version(field: &Field<'_>, problems: &mut Problems) {
    let is_known = field
        .scalar()
        .is_some_and(|scalar| scalar.kind == Kind::Number && scalar.text == VERSION);
    if !is_known {
        field.unexpected("the version of the format, 1", "write `version: 1`", problems);
    }
}

fn listeners(field: &Field<'_>, problems: &mut Problems) -> Vec<Listener> {
    let example = "write for example `[ { bind: 127.0.0.1:8080, chain: edge } ]`";
    let expected = "a list of at least one listener";
    let items = field.items(expected, example, problems).unwrap_or_default();
    let is_empty_list = items.is_empty() && matches!(field.node.value, Value::List(_));
    if is_empty_list {
        field.unexpected(expected, example, problems);
    }
    items
        .iter()
        .map(|item| listener::listener(item, problems))
        .collect()
}
