//! Every mistake in a tree of specs, found before anything starts.

use std::collections::HashSet;
use std::fmt;
use std::time::Duration;

use hedgerow_view::Path;

use super::decide::{AutoShutdown, Restart};
use super::spec::{Body, ChildSpec, Supervisor};
use crate::backoff::Curve;
use crate::cell::shell::Shutdown;
use crate::intensity::Intensity;

/// Everything that is wrong with a tree. Nothing was started.
#[derive(Debug)]
pub struct InvalidTree {
    /// Each mistake, in the order of the tree; never empty.
    pub errors: Vec<SpecError>,
}

impl fmt::Display for InvalidTree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} mistake(s) in the tree, nothing was started",
            self.errors.len()
        )?;
        for error in &self.errors {
            write!(f, "\n  {error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for InvalidTree {}

/// One mistake in a tree of specs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SpecError {
    /// A child has no name.
    #[error("{parent}: a child has an empty name: give it one")]
    EmptyName {
        /// The supervisor that it is under.
        parent: Path,
    },
    /// Two children of one supervisor have the same name.
    #[error("{path}: the name is taken by an earlier child of the same supervisor: rename one")]
    DuplicateName {
        /// Where the second one would live.
        path: Path,
    },
    /// A limit or time is zero that must not be.
    #[error("{path}: {what} is zero: it must be at least {least}")]
    Zero {
        /// Which child.
        path: Path,
        /// Which setting.
        what: &'static str,
        /// The least value.
        least: &'static str,
    },
    /// A child is significant where that can never mean anything.
    #[error("{path}: it is significant, and {why}")]
    Significance {
        /// Which child.
        path: Path,
        /// What rules it out, and what to do.
        why: &'static str,
    },
    /// The first wait of a back-off is longer than the longest.
    #[error("{path}: back-off begins with {initial:?}, longer than its longest wait {max:?}: swap them")]
    BackoffOrder {
        /// Which supervisor.
        path: Path,
        /// The first wait.
        initial: Duration,
        /// The longest.
        max: Duration,
    },
}

/// # Errors
/// All mistakes at once.
pub(crate) fn validate(root: &Supervisor<ChildSpec>) -> Result<(), InvalidTree> {
    let mut errors = Vec::new();
    let path = Path::root(root.name());
    if root.name().is_empty() {
        errors.push(SpecError::EmptyName { parent: path.clone() });
    }
    supervisor(root, &path, &mut errors);
    if errors.is_empty() {
        Ok(())
    } else {
        Err(InvalidTree { errors })
    }
}

fn supervisor(spec: &Supervisor<ChildSpec>, path: &Path, errors: &mut Vec<SpecError>) {
    let Intensity { period, .. } = spec.policy.intensity;
    if period.is_zero() {
        errors.push(SpecError::Zero {
            path: path.clone(),
            what: "the period of its intensity",
            least: "1 ms",
        });
    }
    let Curve { initial, max } = spec.policy.curve;
    if initial.is_zero() {
        errors.push(SpecError::Zero {
            path: path.clone(),
            what: "the first wait of its back-off",
            least: "1 ms",
        });
    }
    if initial > max {
        errors.push(SpecError::BackoffOrder {
            path: path.clone(),
            initial,
            max,
        });
    }
    let mut names = HashSet::new();
    for child in &spec.children {
        let at = path.child(&child.name);
        if child.name.is_empty() {
            errors.push(SpecError::EmptyName { parent: path.clone() });
        } else if !names.insert(child.name.as_str()) {
            errors.push(SpecError::DuplicateName { path: at.clone() });
        }
        if child.settings.mailbox == 0 {
            errors.push(SpecError::Zero {
                path: at.clone(),
                what: "the mailbox",
                least: "1",
            });
        }
        if child.settings.start_within.is_zero() {
            errors.push(SpecError::Zero {
                path: at.clone(),
                what: "the start limit",
                least: "1 ms",
            });
        }
        if child.settings.shutdown == Some(Shutdown::Within(Duration::ZERO)) {
            errors.push(SpecError::Zero {
                path: at.clone(),
                what: "the shutdown limit",
                least: "1 ms (or brutal)",
            });
        }
        if child.settings.significant {
            significance(spec, child, &at, errors);
        }
        if let Body::Supervisor(inner) = &child.body {
            supervisor(inner, &at, errors);
        }
    }
}

fn significance(spec: &Supervisor<ChildSpec>, child: &ChildSpec, at: &Path, errors: &mut Vec<SpecError>) {
    if spec.policy.auto_shutdown == AutoShutdown::Never {
        errors.push(SpecError::Significance {
            path: at.clone(),
            why: "its supervisor never ends for it: set the supervisor's auto_shutdown",
        });
    }
    if child.settings.restart == Restart::Permanent {
        errors.push(SpecError::Significance {
            path: at.clone(),
            why: "permanent, so it is never left down: make it transient or temporary",
        });
    }
}
