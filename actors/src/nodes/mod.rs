//! The nodes that come with a chain, each kind in a file of its own. The name is that of the kind in a config.

mod access_log;
mod chance;
mod concurrency;
mod inject;
mod rate_limit;
mod reply;
mod route;
mod shed;
#[cfg(test)]
mod tests;
mod trace;

use hedgerow_config::{Node, NodeKind};

use crate::chain::{Lead, NodeSpec};

/// The node that a config asks for, in the chain with this name. Its rules lead to these leads, in order.
pub fn configured(chain: &str, node: &Node, leads: Vec<Lead>) -> NodeSpec {
    let Node {
        name,
        kind,
        panic_budget,
    } = node;
    let spec = match kind {
        NodeKind::AccessLog(config) => access_log::spec(name, config, chain),
        NodeKind::Concurrency(config) => concurrency::spec(name, config),
        NodeKind::Inject(config) => inject::spec(name, config),
        NodeKind::RateLimit(config) => rate_limit::spec(name, config),
        NodeKind::Reply(config) => reply::spec(name, config),
        NodeKind::Route(config) => route::spec(name, config, chain),
        NodeKind::Shed(config) => shed::spec(name, config),
        NodeKind::Trace(config) => trace::spec(name, config),
    };
    let spec = spec.panic_budget(*panic_budget).leading_to(leads);
    if kind.is_last() { spec.last() } else { spec }
}

/// Whether the path `above` is `path`, or the beginning of it up to a slash. It has no slash at its end.
fn covers(above: &str, path: &str) -> bool {
    path.strip_prefix(above)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
