//! Which messages keep crashing their actor, and are refused at the door.
//!
//! A message goes by its **mark**: the name of its type and, where the user gives a function for it, a fingerprint of
//! its content. A mark is a *suspect* from its first crash on. Crashes enough within the window make it quarantined,
//! until it is released. A suspect that is handled without a crash shows that its kind is not what crashes the actor:
//! its crashes are forgotten, and it is exempt until the window has passed.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use hedgerow_view::tree::QuarantinedView;

/// When a message that crashes its actor again and again is refused at the door. Opt-in, for each child
/// that is an actor. A zero in it is a mistake of the spec ([`SpecError::Zero`](crate::SpecError::Zero)).
///
/// ```
/// use std::time::Duration;
/// use hedgerow_supervisor::Quarantine;
///
/// let quarantine = Quarantine { crashes: 2, ..Quarantine::default() };
/// assert_eq!(quarantine.within, Duration::from_secs(60));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quarantine {
    /// The crashes that quarantine a message. Default 3; at least 1.
    pub crashes: u32,
    /// The time that they are counted over, and that a message is exempt for after it was handled. Default 60 s; more
    /// than zero.
    pub within: Duration,
    /// How many messages are remembered as suspects, and again how many are quarantined. Default 64; at least 1. Where
    /// one more comes, the suspect that was longest quiet is forgotten, and the message that was quarantined first is
    /// let in again.
    pub max: usize,
}

impl Default for Quarantine {
    fn default() -> Self {
        Self {
            crashes: 3,
            within: Duration::from_secs(60),
            max: 64,
        }
    }
}

/// What a message goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Mark {
    /// The name of its type.
    pub(crate) message: &'static str,
    /// What the user's function makes of its content.
    pub(crate) fingerprint: Option<u64>,
}

/// A message in quarantine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quarantined {
    pub(crate) mark: Mark,
    /// The crashes that brought it here, and those since of what had been let in before.
    pub(crate) crashes: u32,
    /// How often it was refused.
    pub(crate) refused: u64,
    /// Since when, on the mesh's clock.
    pub(crate) since: Duration,
}

impl Quarantined {
    /// As the tree shows it.
    pub(crate) fn view(&self) -> QuarantinedView {
        QuarantinedView {
            message: self.mark.message,
            fingerprint: self
                .mark
                .fingerprint
                .map(|fingerprint| format!("{fingerprint:016x}")),
            crashes: self.crashes,
            refused: self.refused,
        }
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.fingerprint {
            Some(fingerprint) => write!(f, "`{}` with fingerprint {fingerprint:016x}", self.message),
            None => write!(f, "`{}`", self.message),
        }
    }
}

/// What the crash that quarantines a message changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// Refused from now on.
    pub(crate) quarantined: Quarantined,
    /// Let in again, because there was no room for both.
    pub(crate) released: Option<Quarantined>,
}

/// Suspects and quarantined messages of one slot, over all its incarnations. Time is an argument: what has passed
/// since the mesh's epoch.
#[derive(Debug, Default)]
pub(crate) struct Poison {
    rule: Quarantine,
    suspects: Vec<Suspect>,
    /// In the order in which they came.
    quarantined: VecDeque<Quarantined>,
}

#[derive(Debug)]
struct Suspect {
    mark: Mark,
    evidence: Evidence,
}

#[derive(Debug)]
enum Evidence {
    /// The crashes within the window, the latest last; at least one.
    Crashed(VecDeque<Duration>),
    /// It was handled at that time, after a crash.
    Handled(Duration),
}

impl Poison {
    pub(crate) fn new(rule: Quarantine) -> Self {
        Self {
            rule,
            ..Self::default()
        }
    }

    /// The actor crashed while it handled `mark`. Says so where that crash quarantines it.
    pub(crate) fn crashed(&mut self, mark: Mark, now: Duration) -> Option<Verdict> {
        self.forget(now);
        if let Some(entry) = self.quarantined.iter_mut().find(|entry| entry.mark == mark) {
            // It was let in before the quarantine began, and fell only now.
            entry.crashes = entry.crashes.saturating_add(1);
            return None;
        }
        let at = self.suspects.iter().position(|suspect| suspect.mark == mark);
        let at = at.unwrap_or_else(|| self.suspect(mark));
        let Evidence::Crashed(times) = &mut self.suspects[at].evidence else {
            return None;
        };
        times.push_back(now);
        let crashes = u32::try_from(times.len()).unwrap_or(u32::MAX);
        if crashes < self.rule.crashes {
            return None;
        }
        self.suspects.remove(at);
        let released = if self.quarantined.len() >= self.rule.max {
            self.quarantined.pop_front()
        } else {
            None
        };
        let quarantined = Quarantined {
            mark,
            crashes,
            refused: 0,
            since: now,
        };
        self.quarantined.push_back(quarantined);
        Some(Verdict {
            quarantined,
            released,
        })
    }

    /// The actor handled `mark` and lives. It has to be told only while [`is_watching`](Self::is_watching).
    pub(crate) fn succeeded(&mut self, mark: Mark, now: Duration) {
        self.forget(now);
        if let Some(suspect) = self.suspects.iter_mut().find(|suspect| suspect.mark == mark)
            && matches!(suspect.evidence, Evidence::Crashed(_))
        {
            suspect.evidence = Evidence::Handled(now);
        }
    }

    /// Whether `mark` is quarantined. If so, that is counted as one refusal.
    pub(crate) fn refuses(&mut self, mark: Mark) -> bool {
        let entry = self.quarantined.iter_mut().find(|entry| entry.mark == mark);
        entry.is_some_and(|entry| {
            entry.refused = entry.refused.saturating_add(1);
            true
        })
    }

    /// Lets `mark` in again, with no crash to its name. `None` where it is not quarantined.
    pub(crate) fn release(&mut self, mark: Mark) -> Option<Quarantined> {
        let at = self.quarantined.iter().position(|entry| entry.mark == mark)?;
        self.quarantined.remove(at)
    }

    /// What is quarantined, the longest first.
    pub(crate) fn list(&self) -> Vec<Quarantined> {
        self.quarantined.iter().copied().collect()
    }

    /// Whether the next message has to be looked at: something is quarantined, or a suspect has yet to succeed. It
    /// changes only where a crash, a success or a release is told.
    pub(crate) fn is_watching(&self) -> bool {
        let crashed = |suspect: &Suspect| matches!(suspect.evidence, Evidence::Crashed(_));
        !self.quarantined.is_empty() || self.suspects.iter().any(crashed)
    }

    /// Makes `mark` a suspect without a crash, and says where it stands.
    fn suspect(&mut self, mark: Mark) -> usize {
        if self.suspects.len() >= self.rule.max {
            let quietest = (0..self.suspects.len()).min_by_key(|at| self.suspects[*at].evidence.latest());
            if let Some(at) = quietest {
                self.suspects.remove(at);
            }
        }
        self.suspects.push(Suspect {
            mark,
            evidence: Evidence::Crashed(VecDeque::new()),
        });
        self.suspects.len() - 1
    }

    /// Drops what lies before the window that ends now.
    fn forget(&mut self, now: Duration) {
        let within = self.rule.within;
        let recent = |at: Duration| now.saturating_sub(at) <= within;
        self.suspects.retain_mut(|suspect| {
            if let Evidence::Crashed(times) = &mut suspect.evidence {
                while times.front().is_some_and(|at| !recent(*at)) {
                    times.pop_front();
                }
            }
            suspect.evidence.latest().is_some_and(recent)
        });
    }
}

impl Evidence {
    fn latest(&self) -> Option<Duration> {
        match self {
            Self::Crashed(times) => times.back().copied(),
            Self::Handled(at) => Some(*at),
        }
    }
}

#[cfg(test)]
#[path = "poison_tests.rs"]
mod tests;
