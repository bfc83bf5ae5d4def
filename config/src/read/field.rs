//! A value of the tree together with the keys that lead to it.

use crate::KeyPath;
use crate::document::{Kind, Node, Scalar, Value};
use crate::error::{ProblemKind, Problems};
use crate::position::Position;

/// Characters of a value that an error shows.
const SHOWN: usize = 60;

/// A value and its place.
pub(super) struct Field<'t> {
    pub(super) path: KeyPath,
    /// Where its key stands; of an item of a list, where the item does.
    pub(super) at: Position,
    pub(super) node: &'t Node,
}

impl<'t> Field<'t> {
    /// Where a mistake in the value is shown: at the value where that is one word, else at its key.
    pub(super) fn pointed(&self) -> Position {
        match self.node.value {
            Value::Scalar(_) | Value::Unknown => self.node.at,
            Value::List(_) | Value::Map(_) => self.at,
        }
    }

    /// Reports a value of the wrong type or form; says nothing when it has been reported that there is none.
    pub(super) fn unexpected(
        &self,
        expected: impl Into<String>,
        advice: impl Into<String>,
        problems: &mut Problems,
    ) {
        if matches!(self.node.value, Value::Unknown) {
            problems.hide(&self.path);
            return;
        }
        let kind = ProblemKind::Unexpected {
            expected: expected.into(),
            found: describe(self.node),
            advice: advice.into(),
        };
        problems.report(self.pointed(), &self.path, kind);
    }

    pub(super) fn not_built(
        &self,
        what: impl Into<String>,
        advice: impl Into<String>,
        problems: &mut Problems,
    ) {
        let (what, advice) = (what.into(), advice.into());
        problems.report(self.pointed(), &self.path, ProblemKind::NotBuilt { what, advice });
    }

    pub(super) fn scalar(&self) -> Option<&'t Scalar> {
        match &self.node.value {
            Value::Scalar(scalar) => Some(scalar),
            Value::List(_) | Value::Map(_) | Value::Unknown => None,
        }
    }

    /// Whether it says `off` or `null`. Nothing at all does not: it is more often forgotten than meant.
    pub(super) fn is_off(&self) -> bool {
        self.scalar().is_some_and(|scalar| {
            scalar.kind == Kind::Null || (scalar.kind == Kind::Text && scalar.text == "off")
        })
    }

    /// The items, if it is a list.
    pub(super) fn items(
        &self,
        expected: &str,
        advice: &str,
        problems: &mut Problems,
    ) -> Option<Vec<Field<'t>>> {
        let Value::List(items) = &self.node.value else {
            self.unexpected(expected, advice, problems);
            return None;
        };
        let item = |(index, node): (usize, &'t Node)| Field {
            path: self.path.index(index),
            at: node.at,
            node,
        };
        Some(items.iter().enumerate().map(item).collect())
    }

    /// The values by their names, if it is a map.
    pub(super) fn named(
        &self,
        expected: &str,
        advice: &str,
        problems: &mut Problems,
    ) -> Option<Vec<(&'t str, Field<'t>)>> {
        let Value::Map(entries) = &self.node.value else {
            self.unexpected(expected, advice, problems);
            return None;
        };
        let named = entries.iter().map(|entry| {
            let field = Field {
                path: self.path.key(entry.key.as_str()),
                at: entry.at,
                node: &entry.value,
            };
            (entry.key.as_str(), field)
        });
        Some(named.collect())
    }
}

/// What an error calls the value.
fn describe(node: &Node) -> String {
    match &node.value {
        Value::Map(_) => "a map".to_owned(),
        Value::List(items) if items.is_empty() => "an empty list".to_owned(),
        Value::List(_) => "a list".to_owned(),
        Value::Unknown => "a value that could not be made out".to_owned(),
        Value::Scalar(scalar) => {
            let text = shortened(&scalar.text);
            match scalar.kind {
                Kind::Nothing => "nothing".to_owned(),
                Kind::Null => "null".to_owned(),
                Kind::Bool => format!("`{text}`"),
                Kind::Number => format!("the number {text}"),
                Kind::Text => format!("the text `{text}`"),
                Kind::Date => format!("the date or time {text}"),
            }
        }
    }
}

/// The text as one short line.
pub(super) fn shortened(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).flat_map(shown_char).collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push_str("...");
    }
    shown
}

fn shown_char(c: char) -> Vec<char> {
    if c.is_control() {
        c.escape_default().collect()
    } else {
        vec![c]
    }
}
