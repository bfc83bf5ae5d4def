//! The tree that every format becomes.

use crate::position::Position;
use crate::{KeyPath, Step};

/// A value and where it begins.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) at: Position,
    pub(crate) value: Value,
}

/// What a value is.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Vec<Entry>),
    /// Could not be made out, which has been reported.
    Unknown,
}

/// A key with its value. A map keeps all its entries in document order, also those with the same key.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) at: Position,
    pub(crate) value: Node,
}

/// A value without parts.
#[derive(Debug, Clone)]
pub(crate) struct Scalar {
    pub(crate) text: String,
    pub(crate) kind: Kind,
    /// Whether a variable took part; the kind is then what the outcome looks like, but text is never wrong.
    pub(crate) substituted: bool,
}

/// What a scalar is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing stands there.
    Nothing,
    /// `null` or `~`.
    Null,
    Bool,
    Number,
    Text,
    /// A date or a time, of TOML.
    Date,
}

impl Kind {
    /// What an unquoted text stands for, by the core schema of YAML 1.2 (without octal and hexadecimal numbers,
    /// infinities and "not a number", which no key takes).
    pub(crate) fn of(text: &str) -> Self {
        match text {
            "" => Self::Nothing,
            "null" | "Null" | "NULL" | "~" => Self::Null,
            "true" | "True" | "TRUE" | "false" | "False" | "FALSE" => Self::Bool,
            _ if is_number(text) => Self::Number,
            _ => Self::Text,
        }
    }
}

/// `[-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`
fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa_fits = match mantissa.split_once('.') {
        Some((whole, part)) => digits(whole) && digits(part) && !(whole.is_empty() && part.is_empty()),
        None => !mantissa.is_empty() && digits(mantissa),
    };
    let exponent_fits = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    mantissa_fits && exponent_fits
}

impl Scalar {
    /// A scalar that is taken for what it looks like.
    pub(crate) fn plain(text: String) -> Self {
        let kind = Kind::of(&text);
        Self::of(text, kind)
    }

    pub(crate) fn of(text: String, kind: Kind) -> Self {
        Self {
            text,
            kind,
            substituted: false,
        }
    }
}

/// How much of a budget a node takes.
pub(super) struct Weight {
    pub(super) nodes: usize,
    pub(super) text: usize,
    pub(super) levels: usize,
}

impl Node {
    /// Weighs the node with everything in it.
    pub(super) fn weight(&self) -> Weight {
        let mut weight = Weight {
            nodes: 1,
            text: 0,
            levels: 0,
        };
        let mut add = |key: usize, part: &Self| {
            let inner = part.weight();
            weight.nodes += inner.nodes;
            weight.text += inner.text + key;
            weight.levels = weight.levels.max(inner.levels);
        };
        match &self.value {
            Value::Scalar(scalar) => {
                weight.text = scalar.text.len();
                return weight;
            }
            Value::Unknown => return weight,
            Value::List(items) => items.iter().for_each(|item| add(0, item)),
            Value::Map(entries) => entries
                .iter()
                .for_each(|entry| add(entry.key.len(), &entry.value)),
        }
        weight.levels += 1;
        weight
    }

    /// Where a mistake in what `key` leads to is shown, and by which key the document says it: a value that can
    /// be pointed at, else its key, else what should hold it. `timeout` is also found as `timeoutMs`.
    pub(crate) fn locate(&self, key: &KeyPath) -> (Position, KeyPath) {
        let (mut node, mut at, mut found) = (self, self.at, KeyPath::root());
        let mut steps = key.steps().iter();
        for step in steps.by_ref() {
            match (step, &node.value) {
                (Step::Index(index), Value::List(items)) if *index < items.len() => {
                    node = &items[*index];
                    at = node.at;
                    found = found.index(*index);
                }
                (Step::Key(key), Value::Map(entries)) => {
                    // A name may end like a unit, so that the key itself comes first.
                    let exact = entries.iter().find(|entry| entry.key == *key);
                    let with_unit = || entries.iter().find(|entry| without_unit(&entry.key) == key);
                    let Some(entry) = exact.or_else(with_unit) else {
                        return (at, found.key(key.as_str()).followed_by(steps.as_slice()));
                    };
                    node = &entry.value;
                    at = entry.at;
                    found = found.key(entry.key.as_str());
                }
                // `openFor: 0s` says `openFor.initial` and `openFor.max` at once.
                (Step::Key(_), Value::Scalar(_)) => return (node.at, found),
                _ => return (at, found.step(step.clone()).followed_by(steps.as_slice())),
            }
        }
        match node.value {
            Value::Scalar(_) | Value::Unknown => (node.at, found),
            Value::List(_) | Value::Map(_) => (at, found),
        }
    }
}

impl KeyPath {
    fn followed_by(&self, steps: &[Step]) -> Self {
        steps
            .iter()
            .fold(self.clone(), |path, step| path.step(step.clone()))
    }
}

/// The key without the unit at its end.
pub(crate) fn without_unit(key: &str) -> &str {
    key.strip_suffix("Ms")
        .or_else(|| key.strip_suffix("Pct"))
        .unwrap_or(key)
}
