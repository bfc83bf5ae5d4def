//! What makes the node that a config asks for.

use std::collections::BTreeMap;

use hedgerow_config::{Format, Node, NodeKind, PanicBudget, Source, nearest};

use crate::chain::{Lead, NodeSpec};
use crate::nodes::{self, LineTap};
use crate::upstream::UpstreamHandle;

/// What makes the nodes of chains, at the start and for the edits of the API alike: the upstreams that they can lead to, and
/// what each chain says of all its nodes.
#[derive(Debug, Clone, Default)]
pub struct Workshop {
    /// The upstreams, by name.
    pub upstreams: BTreeMap<String, UpstreamHandle>,
    /// The panic budget of each chain, where it has one of its own.
    pub budgets: BTreeMap<String, Option<PanicBudget>>,
    /// Who is told the lines of `accessLog` nodes beside their outputs.
    pub tap: Option<LineTap>,
}

/// A document is no node, or none of this mesh.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .mistakes.join("\n"))]
pub struct BadNode {
    /// All that is wrong with it.
    pub mistakes: Vec<String>,
}

impl Workshop {
    /// The node that this document asks for, in JSON and in the words of the config file. It reads no environment.
    ///
    /// # Errors
    /// Every mistake in it, and every upstream that it names and that is not there.
    pub fn make(&self, chain: &str, document: &str) -> Result<NodeSpec, BadNode> {
        let source = Source {
            name: "node",
            text: document,
            format: Format::Json,
        };
        let budget = self.budgets.get(chain).copied().flatten();
        let node = Node::parse(&source, budget).map_err(|errors| BadNode {
            mistakes: errors.iter().map(ToString::to_string).collect(),
        })?;
        self.spec(chain, &node)
    }

    /// The node that was asked for, with where it leads.
    ///
    /// # Errors
    /// Every upstream that it names and that is not there.
    pub fn spec(&self, chain: &str, node: &Node) -> Result<NodeSpec, BadNode> {
        let NodeKind::Route(route) = &node.kind else {
            return Ok(nodes::tapped(chain, node, Vec::new(), self.tap.as_ref()));
        };
        let mut mistakes = Vec::new();
        let mut leads = Vec::with_capacity(route.rules.len());
        for (rule, upstream) in route.leads() {
            match self.upstreams.get(upstream) {
                Some(upstream) => leads.push(Lead::new(upstream.clone(), chain, &rule.to_string())),
                None => mistakes.push(self.unknown(upstream)),
            }
        }
        if mistakes.is_empty() {
            Ok(nodes::configured(chain, node, leads))
        } else {
            Err(BadNode { mistakes })
        }
    }

    fn unknown(&self, name: &str) -> String {
        let known = self.upstreams.keys().map(String::as_str);
        match nearest(name, known) {
            Some(nearest) => format!("there is no upstream `{name}`: did you mean `{nearest}`?"),
            None => format!("there is no upstream `{name}`: `/api/upstreams` lists them"),
        }
    }
}
