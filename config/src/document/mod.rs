//! A document of any format as one tree of keys and values, each with its place.

mod budget;
mod interpolate;
mod json;
mod prepare;
mod toml;
mod tree;
mod yaml;

pub(crate) use tree::{Entry, Kind, Node, Scalar, Value, without_unit};

use crate::error::{ProblemKind, Problems};
use crate::position::Position;
use crate::{Format, KeyPath, Source};
use budget::Budget;

/// Most bytes of a document.
const MOST_TEXT: usize = 1024 * 1024;

/// Deepest nesting of maps and lists; the deepest legal document has 8 levels.
const MOST_LEVELS: usize = 32;

/// What stops the reading of a document.
struct Stop {
    at: Position,
    kind: ProblemKind,
}

impl Stop {
    fn syntax(at: Position, format: Format, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self {
            at,
            kind: ProblemKind::Syntax { format, detail },
        }
    }

    fn levels(at: Position) -> Self {
        Self {
            at,
            kind: ProblemKind::TooBig {
                what: "levels of nesting",
                limit: MOST_LEVELS,
            },
        }
    }
}

/// What a variable is set to, if it is.
pub(crate) type Environment<'e> = &'e dyn Fn(&str) -> Option<String>;

/// The tree with variables substituted where there is an `environment` that tells them, else with texts as they stand; `None` when
/// there is none, which has been reported then.
pub(crate) fn load(
    source: &Source<'_>,
    environment: Option<Environment<'_>>,
    problems: &mut Problems,
) -> Option<Node> {
    let root = KeyPath::root();
    if source.text.len() > MOST_TEXT {
        let limit = MOST_TEXT;
        problems.report(
            Position::START,
            &root,
            ProblemKind::TooBig { what: "bytes", limit },
        );
        return None;
    }
    // Editors on Windows write a byte order mark in front; it is not part of the first column.
    let text = source.text.strip_prefix('\u{feff}').unwrap_or(source.text);
    if text.trim().is_empty() {
        problems.report(Position::START, &root, ProblemKind::Empty);
        return None;
    }
    let mut budget = Budget::default();
    let loaded = match source.format {
        Format::Yaml => yaml::load(text, &mut budget, problems),
        Format::Json => json::load(text, &mut budget),
        Format::Toml => toml::load(text, &mut budget, problems),
    };
    let prepared = loaded.and_then(|tree| match tree {
        Some(mut tree) => {
            prepare::prepare(&mut tree, environment, &mut budget, problems)?;
            Ok(Some(tree))
        }
        None => Ok(None),
    });
    let tree = prepared.unwrap_or_else(|stop| {
        problems.report(stop.at, &root, stop.kind);
        None
    })?;
    if matches!(&tree.value, Value::Scalar(scalar) if scalar.kind == Kind::Nothing) {
        problems.report(Position::START, &root, ProblemKind::Empty);
        return None;
    }
    Some(tree)
}
