//! `route`: chooses the upstream.
//!
//! | file | subject |
//! |---|---|
//! | `rule` | whether a rule matches a request, and where it leads |
//! | `index` | which rules can match a path, of many |
//! | `split` | which of several upstreams a request goes to |

mod index;
mod rule;
mod split;
#[cfg(test)]
mod split_tests;

use hedgerow_config::Route;
use hedgerow_view::Refusal;

use crate::chain::{Cx, Flow, Node, NodeSpec, RequestHead};
use index::Index;
use rule::{Rule, host_of};

/// Its rules lead to the node's leads, in the order of [`Route::leads`].
pub(super) fn spec(name: &str, config: &Route, chain: &str) -> NodeSpec {
    let (config, chain) = (config.clone(), chain.to_owned());
    NodeSpec::new(name, "route", move || RouteNode::new(&chain, &config))
}

/// Rules in order; the first that matches wins.
struct RouteNode {
    chain: String,
    rules: Vec<Rule>,
    index: Index,
    asks_for_hosts: bool,
}

impl RouteNode {
    fn new(chain: &str, route: &Route) -> Self {
        let mut lead = 0;
        let rules: Vec<Rule> = route
            .rules
            .iter()
            .map(|rule| {
                let first = lead;
                lead += rule.upstreams().count();
                Rule::new(rule, first)
            })
            .collect();
        Self {
            chain: chain.to_owned(),
            index: Index::of(&rules),
            asks_for_hosts: rules.iter().any(Rule::asks_for_a_host),
            rules,
        }
    }
}

impl Node for RouteNode {
    type State = ();

    fn on_request(&self, head: &mut dyn RequestHead, (): &mut (), cx: &mut Cx) -> Flow {
        let head = &*head;
        let path = head.path();
        let host = if self.asks_for_hosts {
            head.authority().map(host_of)
        } else {
            None
        };
        let matching = self
            .index
            .first(&self.rules, path, |rule| rule.matches(path, host, head));
        match matching {
            Some(rule) => {
                cx.lead_to(rule.lead(head));
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
