//! `route`: chooses the upstream.

use hedgerow_config::Route;
use hedgerow_view::Refusal;

use super::covers;
use crate::chain::{Cx, Flow, Node, NodeSpec, RequestHead};

/// Its rules lead to the node's leads, in order.
pub(super) fn spec(name: &str, config: &Route, chain: &str) -> NodeSpec {
    let (config, chain) = (config.clone(), chain.to_owned());
    NodeSpec::new(name, "route", move || RouteNode::new(&chain, &config))
}

/// Rules in order; the first whose path is the request's, or an ancestor of it, wins.
struct RouteNode {
    chain: String,
    rules: Vec<Rule>,
}

struct Rule {
    /// Without the slash at its end.
    path: String,
    lead: usize,
}

impl RouteNode {
    fn new(chain: &str, route: &Route) -> Self {
        let rules = route
            .rules
            .iter()
            .zip(0..)
            .map(|(rule, lead)| Rule {
                path: rule.path.trim_end_matches('/').to_owned(),
                lead,
            })
            .collect();
        Self {
            chain: chain.to_owned(),
            rules,
        }
    }
}

impl Node for RouteNode {
    type State = ();

    fn on_request(&self, head: &mut dyn RequestHead, (): &mut (), cx: &mut Cx) -> Flow {
        let path = head.path();
        match self.rules.iter().find(|rule| covers(&rule.path, path)) {
            Some(rule) => {
                cx.lead_to(rule.lead);
                Flow::Next
            }
            None => cx.no_route(Refusal::new(
                &self.chain,
                "route",
                format!("{} rules", self.rules.len()),
                path,
            )),
        }
    }
}
