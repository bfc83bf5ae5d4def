//! What is wrong with a document, each mistake with its place.

use std::fmt::{self, Write as _};
use std::sync::Arc;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::plain::Plain;
use crate::position::Position;
use crate::{Format, KeyPath, Rule};

/// Mistakes that are kept with their place; further ones are only counted.
const KEPT: usize = 1_000;

/// Mistakes that [`Errors`] prints.
const PRINTED: usize = 100;

/// What kind of mistake it is, what was found, what was expected, and what to do.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProblemKind {
    /// The text is not of its format.
    #[error("not valid {format}: {detail}")]
    Syntax {
        /// The format that it was read as.
        format: Format,
        /// What the parser stumbled over.
        detail: String,
    },
    /// A limit on the size of documents.
    #[error("the document has more than {limit} {what}; make it smaller")]
    TooBig {
        /// What there is too much of.
        what: &'static str,
        /// How much is allowed.
        limit: usize,
    },
    /// There is nothing in it.
    #[error("the document is empty; write at least `version: 1`, `listeners`, `chains` and `upstreams`")]
    Empty,
    /// Something of the format that is not supported.
    #[error("{what} is not supported; {advice}")]
    Unsupported {
        /// What it is.
        what: String,
        /// What to write.
        advice: &'static str,
    },
    /// A key stands twice in one map.
    #[error("`{key}` is here for the second time, the first is on line {first_line}; remove one of them")]
    DuplicateKey {
        /// The key.
        key: String,
        /// The line of the first.
        first_line: u32,
    },
    /// A key that does not exist.
    #[error("unknown key `{key}`; {}", suggestion(.nearest.as_deref(), .known))]
    UnknownKey {
        /// The key.
        key: String,
        /// The nearest that exists.
        nearest: Option<String>,
        /// All that may stand here.
        known: Vec<&'static str>,
    },
    /// A key or a value that has a meaning but that this version does not act on.
    #[error("`{what}` is not acted on by this version: {advice}")]
    NotBuilt {
        /// The key, or key and value.
        what: String,
        /// What to do.
        advice: String,
    },
    /// A required key is not there.
    #[error("`{key}` is missing; write for example `{example}`")]
    Missing {
        /// The key.
        key: &'static str,
        /// How it may look.
        example: &'static str,
    },
    /// A value of the wrong type or form.
    #[error("expected {expected}, found {found}; {advice}")]
    Unexpected {
        /// What may stand here.
        expected: String,
        /// What stands here.
        found: String,
        /// What to write.
        advice: String,
    },
    /// The same quantity in both of its forms.
    #[error("`{first}` and `{second}` say the same thing; keep one of them")]
    BothForms {
        /// The key that stands first.
        first: String,
        /// The other.
        second: String,
    },
    /// `${VAR}` without a default, and the variable is not set.
    #[error("the environment variable `{variable}` is not set; set it or write `${{{variable}:-default}}`")]
    Unset {
        /// Its name.
        variable: String,
    },
    /// `${` that is not followed by what a substitution is made of.
    #[error(
        "expected `${{NAME}}` or `${{NAME:-default}}`, found `{found}`; correct it, or write `$${{` for a literal `${{`"
    )]
    BadSubstitution {
        /// The text from `${` on.
        found: String,
    },
    /// What is said is well formed and yet makes no sense.
    #[error(transparent)]
    Rule(#[from] Rule),
}

fn suggestion(nearest: Option<&str>, known: &[&str]) -> String {
    match nearest {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => format!("remove it, or use one of: {}", known.join(", ")),
    }
}

/// One mistake and its place. Shown as `mesh.yaml:12:9: upstreams.payments.timeout: expected ...`, on one line, with the control
/// characters of what it quotes escaped; serialized as
/// `{file, line, column, key, message}`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Problem {
    /// The name of the source.
    pub file: Arc<str>,
    /// Line, counted from 1.
    pub line: u32,
    /// Column in characters, counted from 1.
    pub column: u32,
    /// The key that it is about; empty when it is about the document.
    pub key: KeyPath,
    /// What it is.
    pub kind: ProblemKind,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = Plain(f);
        write!(line, "{}:{}:{}: ", self.file, self.line, self.column)?;
        if !self.key.steps().is_empty() {
            write!(line, "{}: ", self.key)?;
        }
        write!(line, "{}", self.kind)
    }
}

impl std::error::Error for Problem {}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut problem = serializer.serialize_struct("Problem", 5)?;
        problem.serialize_field("file", self.file.as_ref())?;
        problem.serialize_field("line", &self.line)?;
        problem.serialize_field("column", &self.column)?;
        problem.serialize_field("key", &self.key.to_string())?;
        problem.serialize_field("message", &self.kind.to_string())?;
        problem.end()
    }
}

/// All mistakes of a document, in the order of their places; never empty.
///
/// Shown one a line, at most 100 of them, then how many more there are; serialized as an array. At most 1,000
/// are kept, the rest is counted.
#[derive(Debug, Clone, PartialEq)]
pub struct Errors {
    problems: Vec<Problem>,
    total: usize,
}

impl Errors {
    /// The mistakes that were kept.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.problems.iter()
    }

    /// How many mistakes there are, with those that were only counted.
    pub fn total(&self) -> usize {
        self.total
    }
}

impl<'e> IntoIterator for &'e Errors {
    type Item = &'e Problem;
    type IntoIter = std::slice::Iter<'e, Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, problem) in self.problems.iter().take(PRINTED).enumerate() {
            if place > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        if self.total > PRINTED {
            write!(f, "\nand {} more", self.total - PRINTED)?;
        }
        Ok(())
    }
}

impl std::error::Error for Errors {}

impl Serialize for Errors {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(&self.problems)
    }
}

/// The mistakes found so far.
pub(crate) struct Problems {
    file: Arc<str>,
    kept: Vec<Problem>,
    total: usize,
    blind: Vec<KeyPath>,
}

impl Problems {
    pub(crate) fn of(file: &str) -> Self {
        Self {
            file: file.into(),
            kept: Vec::new(),
            total: 0,
            blind: Vec::new(),
        }
    }

    pub(crate) fn report(&mut self, at: Position, key: &KeyPath, kind: ProblemKind) {
        self.count();
        if self.kept.len() < KEPT {
            self.kept.push(Problem {
                file: Arc::clone(&self.file),
                line: at.line,
                column: at.column,
                key: key.clone(),
                kind,
            });
        }
    }

    /// Counts a mistake without keeping it.
    pub(crate) fn count(&mut self) {
        self.total += 1;
    }

    /// Whether no mistake was found so far.
    pub(crate) fn has_none(&self) -> bool {
        self.total == 0
    }

    /// Whether further mistakes are only counted.
    pub(crate) fn is_full(&self) -> bool {
        self.kept.len() >= KEPT
    }

    /// What stands at `key` could not be read; what follows from the stand-in for it is not to be reported.
    pub(crate) fn hide(&mut self, key: &KeyPath) {
        if self.blind.len() < KEPT {
            self.blind.push(key.clone());
        }
    }

    /// Whether a mistake at `key` would only be the consequence of one that is reported already.
    pub(crate) fn explain(&self, key: &KeyPath) -> bool {
        let reported = self.kept.iter().map(|problem| &problem.key);
        // A mistake of the document as a whole says nothing about its parts.
        reported
            .chain(&self.blind)
            .any(|other| !other.steps().is_empty() && other.overlaps(key))
    }

    pub(crate) fn into_result(self) -> Result<(), Errors> {
        if self.total == 0 {
            Ok(())
        } else {
            Err(self.into_errors())
        }
    }

    /// For when it is known that there are some.
    pub(crate) fn into_errors(self) -> Errors {
        let mut problems = self.kept;
        problems.sort_by_key(|problem| (problem.line, problem.column));
        let total = self.total;
        Errors { problems, total }
    }
}
