//! From a document to a revision.

use crate::document;
use crate::error::{Errors, Problems};
use crate::read;
use crate::{Node, PanicBudget, PoolContract, Revision, Source, Violation, check};

impl Revision {
    /// Reads and checks a document. The revision gets the number 1; who applies it numbers it anew.
    ///
    /// `environment` answers what a variable is set to, for `${VAR}`.
    ///
    /// # Errors
    ///
    /// Every mistake in the document, with its place. A text that is not of its format ends the reading, so that
    /// only the mistakes in front of it are known.
    ///
    /// # Limits
    ///
    /// 1 MiB of text, 100,000 keys and values after aliases are expanded, 4 MiB of text after aliases and
    /// variables are, and 32 levels.
    ///
    /// ```
    /// use hedgerow_config::{Format, Revision, Source};
    ///
    /// let source = Source {
    ///     name: "mesh.yaml",
    ///     format: Format::guess("mesh.yaml"),
    ///     text: "
    /// version: 1
    /// listeners: [ { bind: 127.0.0.1:8080, chain: edge } ]
    /// chains:
    ///   edge: { nodes: [ { kind: route, rules: [ { path: /, upstream: web } ] } ] }
    /// upstreams:
    ///   web: { endpoints: [ \"127.0.0.1:9001\" ], timeout: soon }
    /// ",
    /// };
    /// let errors = Revision::parse(&source, &|variable| std::env::var(variable).ok()).unwrap_err();
    /// assert!(errors.to_string().starts_with("mesh.yaml:7:52: upstreams.web.timeout: expected a duration"));
    /// ```
    pub fn parse(source: &Source<'_>, environment: &dyn Fn(&str) -> Option<String>) -> Result<Self, Errors> {
        let mut problems = Problems::of(source.name);
        let Some(tree) = document::load(source, Some(environment), &mut problems) else {
            return Err(problems.into_errors());
        };
        let revision = read::revision(&tree, &mut problems);
        hold_to_rules(&tree, revision.check(), &mut problems);
        problems.into_result()?;
        Ok(revision)
    }
}

impl Node {
    /// Reads and checks one node of a chain, as it would stand in its `nodes`. Where it says nothing of panics, it goes by the
    /// `budget` of its chain. Texts are taken as they stand: `${VAR}` is no variable
    /// here, and `$${` is no escape.
    ///
    /// # Errors
    /// Every mistake in the document, with its place.
    ///
    /// ```
    /// use hedgerow_config::{Format, Node, PanicBudget, Source};
    ///
    /// let text = r#"{ "kind": "route", "rules": [ { "path": "/", "upstream": "web" } ] }"#;
    /// let source = Source { name: "node", format: Format::Json, text };
    /// let node = Node::parse(&source, Some(PanicBudget::default())).unwrap();
    /// assert_eq!((node.name.as_str(), node.kind.name()), ("route", "route"));
    /// ```
    pub fn parse(source: &Source<'_>, budget: Option<PanicBudget>) -> Result<Self, Errors> {
        let mut problems = Problems::of(source.name);
        let Some(tree) = document::load(source, None, &mut problems) else {
            return Err(problems.into_errors());
        };
        let node = read::node(&tree, budget, &mut problems);
        // What could not be told to be a node breaks no rule of nodes.
        if !node.name.is_empty() || problems.has_none() {
            hold_to_rules(&tree, check::node(&node, budget), &mut problems);
        }
        problems.into_result()?;
        Ok(node)
    }
}

impl PoolContract {
    /// Reads and checks a document that is the contract of one pool. `environment` answers what a variable is set to, for
    /// `${VAR}`.
    ///
    /// # Errors
    /// Every mistake in the document, with its place.
    pub fn parse(source: &Source<'_>, environment: &dyn Fn(&str) -> Option<String>) -> Result<Self, Errors> {
        let mut problems = Problems::of(source.name);
        let Some(tree) = document::load(source, Some(environment), &mut problems) else {
            return Err(problems.into_errors());
        };
        let contract = read::pool_contract(&tree, &mut problems);
        hold_to_rules(&tree, contract.check(), &mut problems);
        problems.into_result()?;
        Ok(contract)
    }
}

/// Reports the rules that are broken, each at its place.
fn hold_to_rules(tree: &document::Node, checked: Result<(), Vec<Violation>>, problems: &mut Problems) {
    for violation in checked.err().into_iter().flatten() {
        if problems.is_full() {
            problems.count();
        } else if !problems.explain(&violation.key) {
            let (at, key) = tree.locate(&violation.key);
            problems.report(at, &key, violation.rule.into());
        }
    }
}
