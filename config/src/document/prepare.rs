//! What is done to a tree of any format before it is read: keys are checked, variables substituted.

use std::collections::{HashMap, hash_map};

use super::interpolate::{Outcome, interpolate};
use super::{Budget, Entry, Environment, Kind, Node, Scalar, Stop, Value};
use crate::KeyPath;
use crate::error::{ProblemKind, Problems};

pub(super) fn prepare(
    tree: &mut Node,
    environment: Option<Environment<'_>>,
    budget: &mut Budget,
    problems: &mut Problems,
) -> Result<(), Stop> {
    Preparation {
        environment,
        budget,
        problems,
    }
    .node(tree, &KeyPath::root())
}

struct Preparation<'p> {
    /// `None` where texts are taken as they stand.
    environment: Option<Environment<'p>>,
    budget: &'p mut Budget,
    problems: &'p mut Problems,
}

impl Preparation<'_> {
    fn node(&mut self, node: &mut Node, path: &KeyPath) -> Result<(), Stop> {
        match &mut node.value {
            Value::Scalar(scalar) => match self.substituted(&scalar.text) {
                Ok(None) => {}
                Ok(Some(outcome)) => {
                    self.budget.take(0, outcome.text.len(), node.at)?;
                    let kind = if outcome.substituted {
                        Kind::of(&outcome.text)
                    } else {
                        scalar.kind
                    };
                    *scalar = Scalar {
                        text: outcome.text,
                        kind,
                        substituted: outcome.substituted,
                    };
                }
                Err(kinds) => {
                    for kind in kinds {
                        self.problems.report(node.at, path, kind);
                    }
                    node.value = Value::Unknown;
                }
            },
            Value::Unknown => {}
            Value::List(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.node(item, &path.index(index))?;
                }
            }
            Value::Map(entries) => {
                self.keys(entries, path);
                for entry in entries {
                    self.node(&mut entry.value, &path.key(entry.key.as_str()))?;
                }
            }
        }
        Ok(())
    }

    fn substituted(&self, text: &str) -> Result<Option<Outcome>, Vec<ProblemKind>> {
        match self.environment {
            Some(environment) => interpolate(text, environment),
            None => Ok(None),
        }
    }

    /// Reports keys that stand twice and keys that mean something elsewhere, and drops the latter.
    fn keys(&mut self, entries: &mut Vec<Entry>, path: &KeyPath) {
        let mut first_lines = HashMap::with_capacity(entries.len());
        for entry in entries.iter() {
            let kind = match first_lines.entry(entry.key.as_str()) {
                hash_map::Entry::Occupied(first) => {
                    let (key, first_line) = (entry.key.clone(), *first.get());
                    ProblemKind::DuplicateKey { key, first_line }
                }
                hash_map::Entry::Vacant(vacant) => {
                    vacant.insert(entry.at.line);
                    match misplaced(&entry.key) {
                        Some(kind) => kind,
                        None => continue,
                    }
                }
            };
            self.problems
                .report(entry.at, &path.key(entry.key.as_str()), kind);
        }
        entries.retain(|entry| misplaced(&entry.key).is_none());
    }
}

fn misplaced(key: &str) -> Option<ProblemKind> {
    let (what, advice) = if key == "<<" {
        (
            "the merge key `<<`",
            "write the keys out, or use an alias for the whole map",
        )
    } else if key.contains("${") {
        ("`${...}` in a key", "substitution works in values only")
    } else {
        return None;
    };
    let what = what.to_owned();
    Some(ProblemKind::Unsupported { what, advice })
}
