//! What only the whole can tell: names that must exist or be unique.

use std::collections::HashSet;

use super::{Findings, Rule, Violation};
use crate::nearest::nearest;
use crate::{Destination, KeyPath, NodeKind, Revision};

/// Unknown names for which the nearest is looked up; keeps a hostile document from costing the square of its size.
const MOST_SUGGESTIONS: usize = 200;

pub(crate) fn revision(revision: &Revision) -> Result<(), Vec<Violation>> {
    let Revision {
        number: _,
        listeners,
        chains,
        upstreams,
        telemetry,
    } = revision;
    let root = KeyPath::root();
    let mut findings = Findings::default();
    let listeners_key = root.key("listeners");
    let chain_names = Names::of("chain", chains.iter().map(|chain| chain.name.as_str()));
    let upstream_names = Names::of(
        "upstream",
        upstreams.iter().map(|upstream| upstream.name.as_str()),
    );

    for (index, listener) in listeners.iter().enumerate() {
        chain_names.require(
            &listener.chain,
            || listeners_key.index(index).key("chain"),
            &mut findings,
        );
    }
    for (index, listener) in listeners.iter().enumerate() {
        let key = listeners_key.index(index).key("limits");
        findings.add_all(&key, listener.limits.check());
    }
    // Port 0 is any free port, another one each time.
    let binds = listeners
        .iter()
        .enumerate()
        .filter(|(_, listener)| listener.bind.port() != 0);
    let binds = binds.map(|(index, listener)| (listeners_key.index(index).key("bind"), listener.bind));
    findings.duplicates("address", ToString::to_string, binds);

    let chains_key = root.key("chains");
    for chain in chains {
        findings.add_all(&root, chain.check());
        let nodes_key = chains_key.key(chain.name.as_str()).key("nodes");
        // Nobody stands behind a chain of a gateway.
        if !chain.nodes.last().is_some_and(|node| node.kind.is_last()) {
            findings.add(nodes_key.clone(), Rule::NoRoute);
        }
        for (index, node) in chain.nodes.iter().enumerate() {
            let NodeKind::Route(route) = &node.kind else {
                continue;
            };
            for (place, rule) in route.rules.iter().enumerate() {
                let key = || nodes_key.index(index).key("rules").index(place);
                for (number, name) in rule.upstreams().enumerate() {
                    let key = || match &rule.to {
                        Destination::Upstream(_) => key().key("upstream"),
                        Destination::Split(_) => key().key("split").index(number).key("upstream"),
                    };
                    upstream_names.require(name, key, &mut findings);
                }
            }
        }
    }
    if let Some(telemetry) = telemetry {
        findings.add_all(&root.key("telemetry"), telemetry.check());
    }
    let upstreams_key = root.key("upstreams");
    for upstream in upstreams {
        findings.add_all(&root, upstream.check());
        if let Some(mirror) = &upstream.mirror {
            let key = || {
                upstreams_key
                    .key(upstream.name.as_str())
                    .key("mirror")
                    .key("upstream")
            };
            upstream_names.require(&mirror.upstream, key, &mut findings);
        }
    }
    let names = chains.iter().map(|chain| chain.name.as_str());
    let names = names.map(|name| (chains_key.key(name), name));
    findings.duplicates("chain name", |name| (*name).to_owned(), names);
    let names = upstreams.iter().map(|upstream| upstream.name.as_str());
    let names = names.map(|name| (upstreams_key.key(name), name));
    findings.duplicates("upstream name", |name| (*name).to_owned(), names);
    findings.into_result()
}

/// The names that exist, in document order and for a quick look-up.
struct Names<'r> {
    what: &'static str,
    in_order: Vec<&'r str>,
    set: HashSet<&'r str>,
}

impl<'r> Names<'r> {
    fn of(what: &'static str, names: impl Iterator<Item = &'r str>) -> Self {
        let in_order: Vec<_> = names.collect();
        let set = in_order.iter().copied().collect();
        Self { what, in_order, set }
    }

    fn require(&self, name: &str, key: impl FnOnce() -> KeyPath, findings: &mut Findings) {
        if self.set.contains(name) {
            return;
        }
        let nearest = if findings.0.len() < MOST_SUGGESTIONS {
            nearest(name, self.in_order.iter().copied()).map(str::to_owned)
        } else {
            None
        };
        let (what, name) = (self.what, name.to_owned());
        findings.add(key(), Rule::UnknownName { what, name, nearest });
    }
}
