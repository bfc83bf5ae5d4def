//! Every mistake in a tree of specs, found before anything starts.

use std::collections::HashSet;
use std::fmt;
use std::time::Duration;

use hedgerow_view::Path;

use super::decide::{AutoShutdown, Restart};
use super::spec::{Body, ChildSpec, Settings};
use super::supervisor::Supervisor;
use crate::backoff::Curve;
use crate::cell::ending::Shutdown;
use crate::cell::lasting::WhileRestarting;
use crate::intensity::Intensity;
use crate::poison::Quarantine;

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
    #[error("{path}: the name is taken by another child of the same supervisor: rename one")]
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
    /// A supervisor is to be killed when it is stopped.
    #[error(
        "{path}: a supervisor is always waited for when it is stopped, because nobody else stops its children in order: \
         leave its shutdown at infinity, and give its children their limits"
    )]
    ForcedSupervisor {
        /// Which supervisor.
        path: Path,
    },
    /// A child has a setting that can never mean anything there.
    #[error("{path}: it has {what}, {why}")]
    WithoutEffect {
        /// Which child.
        path: Path,
        /// Which setting.
        what: &'static str,
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
    result(errors)
}

fn result(errors: Vec<SpecError>) -> Result<(), InvalidTree> {
    if errors.is_empty() {
        Ok(())
    } else {
        Err(InvalidTree { errors })
    }
}

/// The same for one child, and all below it, that is to live under the supervisor at `parent`.
///
/// # Errors
/// All mistakes at once.
pub(crate) fn validate_child(
    spec: &ChildSpec,
    parent: &Path,
    auto_shutdown: AutoShutdown,
    is_taken: impl Fn(&str) -> bool,
) -> Result<(), InvalidTree> {
    let mut errors = Vec::new();
    child(spec, parent, auto_shutdown, is_taken(&spec.name), &mut errors);
    result(errors)
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
    for declared in &spec.children {
        let is_taken = !names.insert(declared.name.as_str());
        child(declared, path, spec.policy.auto_shutdown, is_taken, errors);
    }
}

fn child(
    spec: &ChildSpec,
    parent: &Path,
    auto_shutdown: AutoShutdown,
    is_taken: bool,
    errors: &mut Vec<SpecError>,
) {
    let at = || parent.child(spec.name.as_str());
    if spec.name.is_empty() {
        errors.push(SpecError::EmptyName {
            parent: parent.clone(),
        });
    } else if is_taken {
        errors.push(SpecError::DuplicateName { path: at() });
    }
    let Settings {
        mailbox,
        start_within,
        shutdown,
        quarantine,
        ..
    } = spec.settings;
    let Quarantine { crashes, within, max } = quarantine.unwrap_or_default();
    let zeros = [
        (mailbox == 0, "the mailbox", "1"),
        (start_within.is_zero(), "the start limit", "1 ms"),
        (
            shutdown == Some(Shutdown::Within(Duration::ZERO)),
            "the shutdown limit",
            "1 ms (or brutal)",
        ),
        (crashes == 0, "`crashes` of its quarantine", "1"),
        (within.is_zero(), "`within` of its quarantine", "1 ms"),
        (max == 0, "`max` of its quarantine", "1"),
    ];
    for (_, what, least) in zeros.into_iter().filter(|(is_zero, ..)| *is_zero) {
        let path = at();
        errors.push(SpecError::Zero { path, what, least });
    }
    let idle = match spec.body {
        Body::Actor(_) => idle_in_an_actor(&spec.settings),
        Body::Supervisor(_) => idle_in_a_supervisor(&spec.settings),
    };
    errors.extend(idle.into_iter().map(|(what, why)| {
        let path = at();
        SpecError::WithoutEffect { path, what, why }
    }));
    if spec.settings.significant {
        significance(auto_shutdown, spec.settings.restart, &at(), errors);
    }
    if let Body::Supervisor(inner) = &spec.body {
        if shutdown != Some(Shutdown::Infinity) {
            errors.push(SpecError::ForcedSupervisor { path: at() });
        }
        supervisor(inner, &at(), errors);
    }
}

/// What is set and can never mean anything, and why.
type Idle = Vec<(&'static str, &'static str)>;

fn idle_in_an_actor(settings: &Settings) -> Idle {
    let is_idle = settings.quarantine.is_none() && !settings.fingerprints.is_empty();
    let why = "and no quarantine that goes by it: give it one, or take the fingerprint away";
    Vec::from_iter(is_idle.then_some(("a fingerprint", why)))
}

/// A supervisor takes no messages but those of the kernel.
fn idle_in_a_supervisor(settings: &Settings) -> Idle {
    let why = "and is a supervisor, to which nobody sends messages: set it on the actors below";
    let refuses = settings.while_restarting == WhileRestarting::Refuse;
    let idle = [
        (settings.quarantine.is_some(), "a quarantine"),
        (!settings.fingerprints.is_empty(), "a fingerprint"),
        (refuses, "`WhileRestarting::Refuse`"),
    ];
    let idle = idle.into_iter().filter(|(is_set, _)| *is_set);
    idle.map(|(_, what)| (what, why)).collect()
}

fn significance(auto_shutdown: AutoShutdown, restart: Restart, at: &Path, errors: &mut Vec<SpecError>) {
    if auto_shutdown == AutoShutdown::Never {
        errors.push(SpecError::Significance {
            path: at.clone(),
            why: "its supervisor never ends for it: set the supervisor's auto_shutdown",
        });
    }
    if restart == Restart::Permanent {
        errors.push(SpecError::Significance {
            path: at.clone(),
            why: "permanent, so it is never left down: make it transient or temporary",
        });
    }
}
