//! What makes sense: the rules that a document and a tree built in code are held to alike.

mod breaker;
mod chain;
mod limits;
mod node;
mod pool;
mod quarantine;
mod revision;
mod rule;
mod telemetry;
mod upstream;

pub use rule::{Rule, Violation};

pub(crate) use breaker::{breaker, keys};
pub(crate) use chain::{chain, node};
pub(crate) use limits::limits;
pub(crate) use pool::{contract as pool_contract, pool};
pub(crate) use quarantine::quarantine;
pub(crate) use revision::revision;
pub(crate) use telemetry::telemetry;
pub(crate) use upstream::{hedge, mirror, retry, upstream};

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

use crate::KeyPath;

/// Longest time that may be configured: a year. Sums of times then stay far from overflow.
pub(crate) const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Most characters of a name.
const LONGEST_NAME: usize = 100;

/// Whether a node, a chain, an upstream can be called this: 1 to 100 characters, no space at the ends and no control
/// characters.
pub fn is_name(name: &str) -> bool {
    let length = name.chars().count();
    let odd_end = name.starts_with(char::is_whitespace) || name.ends_with(char::is_whitespace);
    (1..=LONGEST_NAME).contains(&length) && !odd_end && !name.chars().any(char::is_control)
}

/// The rules broken so far.
#[derive(Default)]
struct Findings(Vec<Violation>);

impl Findings {
    fn add(&mut self, key: KeyPath, rule: Rule) {
        self.0.push(Violation { key, rule });
    }

    /// A value of the right type that cannot be meant.
    fn odd(&mut self, key: KeyPath, expected: &'static str, found: &str, advice: &'static str) {
        let found = found.to_owned();
        self.add(
            key,
            Rule::Odd {
                expected,
                found,
                advice,
            },
        );
    }

    /// Takes over what was found in a part that `prefix` leads to.
    fn add_all(&mut self, prefix: &KeyPath, part: Result<(), Vec<Violation>>) {
        let found = part.err().into_iter().flatten();
        self.0.extend(found.map(|Violation { key, rule }| Violation {
            key: key.below(prefix),
            rule,
        }));
    }

    fn time(&mut self, key: KeyPath, time: Duration) {
        if time.is_zero() {
            self.add(key, Rule::ZeroTime);
        } else if time > LONGEST {
            self.add(key, Rule::TooLong { found: time });
        }
    }

    fn count(&mut self, key: KeyPath, found: u32, most: u32) {
        if found == 0 {
            self.add(key, Rule::ZeroCount);
        } else if found > most {
            self.add(key, Rule::TooMuch { found, most });
        }
    }

    fn name(&mut self, key: KeyPath, name: &str) {
        if !is_name(name) {
            self.add(key, Rule::BadName);
        }
    }

    /// Reports every item that is equal to an earlier one.
    fn duplicates<T: Eq + Hash>(
        &mut self,
        what: &'static str,
        shown: impl Fn(&T) -> String,
        items: impl IntoIterator<Item = (KeyPath, T)>,
    ) {
        let mut first_keys: HashMap<T, KeyPath> = HashMap::new();
        for (key, item) in items {
            if let Some(first) = first_keys.get(&item) {
                let (found, first) = (shown(&item), first.clone());
                self.add(key, Rule::Duplicate { what, found, first });
            } else {
                first_keys.insert(item, key);
            }
        }
    }

    fn into_result(self) -> Result<(), Vec<Violation>> {
        if self.0.is_empty() { Ok(()) } else { Err(self.0) }
    }
}
