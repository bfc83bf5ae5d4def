//! Every mistake in the declared parts of a tree, before anything is started.

use std::collections::HashSet;

use hedgerow_config::{Node, PoolContract, StaticReply};
use hedgerow_view::Path;

use crate::declare::{Breaker, Chain, ChainNode, Child, KeyedBreaker, Part, Supervisor, Upstream};
use crate::error::{DeclaredError, Error};
use crate::factory::DeclaredFactory;
use crate::pool::Pool;

/// # Errors
/// All mistakes at once, in the order of the tree.
pub(crate) fn check(tree: &Supervisor, path: &Path) -> Result<(), Error> {
    let mut check = Check::default();
    check.supervisor(tree, path);
    if check.errors.is_empty() {
        Ok(())
    } else {
        Err(Error::Declared(check.errors))
    }
}

#[derive(Default)]
struct Check {
    /// Kinds and names that were met.
    taken: HashSet<(&'static str, String)>,
    errors: Vec<DeclaredError>,
}

impl Check {
    fn supervisor(&mut self, tree: &Supervisor, path: &Path) {
        for Child(part) in tree.iter() {
            match part {
                Part::Supervisor(inner) | Part::Tree(inner) => {
                    self.supervisor(inner, &path.child(inner.name()))
                }
                Part::Breaker(declared) => self.breaker(declared, path),
                Part::KeyedBreaker(declared) => self.keyed_breaker(declared, path),
                Part::Upstream(declared) => self.upstream(declared, path),
                Part::Chain(declared) => self.chain(declared, path),
                Part::Pool(declared) => self.pool(declared, path),
                Part::Factory(declared) => self.factory(declared, path),
                Part::Actor(_)
                | Part::Configured(_)
                | Part::Reviser
                | Part::Readiness
                | Part::Listener(_) => {}
            }
        }
    }

    fn breaker(&mut self, declared: &Breaker, path: &Path) {
        let Breaker { name, policy } = declared;
        let violations = policy.check().err().unwrap_or_default();
        self.told("breaker", name, path, violations.iter().map(ToString::to_string));
    }

    fn keyed_breaker(&mut self, declared: &KeyedBreaker, path: &Path) {
        let KeyedBreaker {
            name,
            scope: _,
            policy,
            limits,
        } = declared;
        let violations = [policy.check(), limits.check()];
        let violations = violations.into_iter().filter_map(Result::err).flatten();
        // The ids of its breakers begin with its name, as that of a breaker does.
        self.told(
            "breaker",
            name,
            path,
            violations.map(|violation| violation.to_string()),
        );
    }

    fn upstream(&mut self, declared: &Upstream, path: &Path) {
        let (config, invalid) = declared.resolve();
        let mut mistakes: Vec<String> = invalid.iter().map(ToString::to_string).collect();
        // Endpoints that are no addresses were told already, and are not missing.
        if !config.endpoints.is_empty() || mistakes.is_empty() {
            let violations = config.check().err().unwrap_or_default();
            mistakes.extend(violations.iter().map(ToString::to_string));
        }
        let name = &declared.name;
        let is_first = !self.taken.contains(&("upstream", name.clone()));
        // Its own pool has its name.
        if !self.taken.insert(("pool", name.clone())) && is_first {
            mistakes.push("the name is taken by a pool: rename one".to_owned());
        }
        self.told("upstream", name, path, mistakes);
    }

    fn chain(&mut self, declared: &Chain, path: &Path) {
        let Chain {
            name,
            nodes,
            quarantine,
            ..
        } = declared;
        let nodes = nodes.iter().map(|node| match node {
            ChainNode::Kind(node) => node.clone(),
            // Nothing but its name can be wrong; and the others keep their places.
            ChainNode::Own(node) => Node::new(node.name(), StaticReply::default()),
        });
        let mut config = hedgerow_config::Chain::new(name, nodes.collect());
        config.quarantine.clone_from(quarantine);
        let violations = config.check().err().unwrap_or_default();
        let mistakes = violations.iter().map(ToString::to_string);
        self.told("chain", name, path, mistakes);
    }

    fn pool(&mut self, declared: &Pool, path: &Path) {
        let contract = PoolContract {
            name: declared.name.clone(),
            policy: declared.policy.clone(),
        };
        let violations = contract.check().err().unwrap_or_default();
        let mistakes = violations.iter().map(ToString::to_string);
        self.told("pool", &declared.name, path, mistakes);
    }

    fn factory(&mut self, declared: &DeclaredFactory, path: &Path) {
        let mistakes = declared.policy.check().err().unwrap_or_default();
        self.told("factory", &declared.name, path, mistakes);
    }

    fn told(
        &mut self,
        kind: &'static str,
        name: &str,
        path: &Path,
        mistakes: impl IntoIterator<Item = String>,
    ) {
        let path = path.child(name);
        let taken = !self.taken.insert((kind, name.to_owned()));
        let twice = taken.then(|| format!("the name is taken by another {kind}: rename one"));
        self.errors
            .extend(twice.into_iter().chain(mistakes).map(|what| DeclaredError {
                kind,
                path: path.clone(),
                what,
            }));
    }
}
