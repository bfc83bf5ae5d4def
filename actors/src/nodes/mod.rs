//! The nodes that come with a chain, each kind in a file of its own. The name is that of the kind in a config.

mod access_log;
mod body_limit;
mod concurrency;
mod cors;
mod deadline;
mod headers;
mod inject;
mod rate_limit;
mod reply;
mod request_id;
mod rewrite;
mod route;
mod shed;
#[cfg(test)]
mod tests;
mod trace;

pub use access_log::LineTap;

use hedgerow_config::{Node, NodeKind};

use http::StatusCode;

use crate::chain::{Cx, Flow, Lead, NodeSpec, NotEditable};

/// The node that a config asks for, in the chain with this name. Its rules lead to these leads, in order.
pub fn configured(chain: &str, node: &Node, leads: Vec<Lead>) -> NodeSpec {
    tapped(chain, node, leads, None)
}

/// The same; the lines of an `accessLog` are told to this tap as well.
pub fn tapped(chain: &str, node: &Node, leads: Vec<Lead>, tap: Option<&LineTap>) -> NodeSpec {
    let Node {
        name,
        kind,
        panic_budget,
    } = node;
    let spec = match kind {
        NodeKind::AccessLog(config) => access_log::spec(name, config, chain, tap),
        NodeKind::Concurrency(config) => concurrency::spec(name, config),
        NodeKind::BodyLimit(config) => body_limit::spec(name, config),
        NodeKind::Cors(config) => cors::spec(name, config),
        NodeKind::Deadline(config) => deadline::spec(name, config),
        NodeKind::Headers(config) => headers::spec(name, config),
        NodeKind::Inject(config) => inject::spec(name, config),
        NodeKind::RateLimit(config) => rate_limit::spec(name, config),
        NodeKind::Reply(config) => reply::spec(name, config),
        NodeKind::RequestId(config) => request_id::spec(name, config),
        NodeKind::Rewrite(config) => rewrite::spec(name, config),
        NodeKind::Route(config) => route::spec(name, config, chain),
        NodeKind::Shed(config) => shed::spec(name, config),
        NodeKind::Trace(config) => trace::spec(name, config),
    };
    let spec = spec.panic_budget(*panic_budget).leading_to(leads);
    if kind.is_last() { spec.last() } else { spec }
}

/// Refuses a request that its adapter does not let a node change: whoever is called would not see what the node is for.
#[cold]
fn not_editable(cx: &mut Cx, rule: &str, error: &NotEditable) -> Flow {
    cx.refuse(
        StatusCode::INTERNAL_SERVER_ERROR,
        rule,
        "a request that can be changed",
        error.to_string(),
    )
}

/// Whether the path `above` is `path`, or the beginning of it up to a slash. It has no slash at its end.
fn covers(above: &str, path: &str) -> bool {
    below(above, path).is_some()
}

/// What follows `above` in `path`: nothing, or a slash and more. `None` where it is not covered.
fn below<'p>(above: &str, path: &'p str) -> Option<&'p str> {
    let rest = path.strip_prefix(above)?;
    (rest.is_empty() || rest.starts_with('/')).then_some(rest)
}
