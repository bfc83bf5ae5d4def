//! The node that chooses the upstream.

use hedgerow_config::Route;
use hedgerow_view::Refusal;

use super::node::{Flow, Node, RequestHead, Steps};

/// Rules in order; the first whose path is the request's, or an ancestor of it, wins.
pub(super) struct RouteNode {
    chain: String,
    rules: Vec<Rule>,
}

struct Rule {
    /// Without the slash at its end.
    path: String,
    upstream: usize,
}

impl RouteNode {
    /// `upstreams` are the names that rules may lead to; a rule to another one matches nothing, and validation has
    /// refused it before.
    pub(super) fn new(chain: &str, route: &Route, upstreams: &[String]) -> Self {
        let rules = route
            .rules
            .iter()
            .filter_map(|rule| {
                let upstream = upstreams.iter().position(|name| *name == rule.upstream)?;
                Some(Rule {
                    path: rule.path.trim_end_matches('/').to_owned(),
                    upstream,
                })
            })
            .collect();
        Self {
            chain: chain.to_owned(),
            rules,
        }
    }
}

impl Node for RouteNode {
    fn on_request(&self, head: &dyn RequestHead, steps: &mut Steps) -> Flow {
        let path = head.path();
        match self.rules.iter().find(|rule| covers(&rule.path, path)) {
            Some(rule) => {
                steps.lead_to(rule.upstream);
                Flow::Next
            }
            None => Flow::NoRoute(Refusal::new(
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
