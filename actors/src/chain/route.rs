//! The node that chooses the upstream.

use hedgerow_config::Route;
use hedgerow_view::Refusal;

use super::cx::Cx;
use super::flow::Flow;
use super::head::RequestHead;
use super::node::Node;

/// Rules in order; the first whose path is the request's, or an ancestor of it, wins.
pub(super) struct RouteNode {
    chain: String,
    rules: Vec<Rule>,
}

struct Rule {
    /// Without the slash at its end.
    path: String,
    lead: usize,
}

impl RouteNode {
    /// The rules lead to the node's leads, in order.
    pub(super) fn new(chain: &str, route: &Route) -> Self {
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

/// Whether `rule` is `path`, or the beginning of it up to a slash.
fn covers(rule: &str, path: &str) -> bool {
    path.strip_prefix(rule)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn a_rule_covers_whole_segments_only() {
        let cases = [
            ("/pay", "/pay", true),
            ("/pay", "/pay/1", true),
            ("/pay", "/payload", false),
            ("/pay", "/", false),
            ("", "/anything", true),
            ("", "/", true),
            ("", "*", false),
        ];
        for (rule, path, covered) in cases {
            assert_eq!(covers(rule, path), covered, "{rule:?} {path:?}");
        }
    }
}
