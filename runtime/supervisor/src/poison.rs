//! Which messages keep crashing their actor, and which requests a node of their chain: they are refused at the door.
//!
//! A message goes by its **mark**: the name of its type and, where the user gives a function for it, a fingerprint of
//! its content. A request goes by a mark of its chain's. A mark is a *suspect* from its first crash on. Crashes enough within the window make it quarantined,
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

/// A mark in quarantine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quarantined<M> {
    /// What is refused.
    pub mark: M,
    /// The crashes that brought it here, and those since of what had been let in before.
    pub crashes: u32,
    /// How often it was refused.
    pub refused: u64,
    /// Since when, on the clock that the crashes were told by.
    pub since: Duration,
}

impl Quarantined<Mark> {
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

/// What the crash that quarantines a mark changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict<M> {
    /// Refused from now on.
    pub quarantined: Quarantined<M>,
    /// Let in again, because there was no room for both.
    pub released: Option<Quarantined<M>>,
}

/// Suspects and quarantined marks of one place, over all its incarnations: a pure machine, whose room is bounded by
/// [`Quarantine::max`]. Time is an argument: what has passed since some epoch.
///
/// A mark is a *suspect* from its first crash on. Crashes enough within the window make it quarantined, until it is
/// released. A suspect that is handled without a crash shows that it is not what crashes: its crashes are forgotten, and it
/// is exempt until the window has passed.
///
/// ```
/// use std::time::Duration;
/// use hedgerow_supervisor::{Poison, Quarantine};
///
/// let mut poison = Poison::new(Quarantine { crashes: 2, ..Quarantine::default() });
/// assert!(poison.crashed("a", Duration::ZERO).is_none());
/// assert!(poison.crashed("a", Duration::from_secs(1)).is_some());
/// assert!(poison.refuses(&"a"));
/// assert_eq!(poison.release(&"a").map(|released| released.refused), Some(1));
/// ```
#[derive(Debug)]
pub struct Poison<M> {
    rule: Quarantine,
    suspects: Vec<Suspect<M>>,
    /// In the order in which they came.
    quarantined: VecDeque<Quarantined<M>>,
}

#[derive(Debug)]
struct Suspect<M> {
    mark: M,
    evidence: Evidence,
}

#[derive(Debug)]
enum Evidence {
    /// The crashes within the window, the latest last; at least one.
    Crashed(VecDeque<Duration>),
    /// It was handled at that time, after a crash.
    Handled(Duration),
}

impl<M: Clone + Eq> Poison<M> {
    /// Nothing is suspect.
    pub fn new(rule: Quarantine) -> Self {
        Self {
            rule,
            suspects: Vec::new(),
            quarantined: VecDeque::new(),
        }
    }

    /// Something crashed while it handled `mark`. Says so where that crash quarantines it.
    pub fn crashed(&mut self, mark: M, now: Duration) -> Option<Verdict<M>> {
        self.forget(now);
        if let Some(entry) = self.quarantined.iter_mut().find(|entry| entry.mark == mark) {
            // It was let in before the quarantine began, and fell only now.
            entry.crashes = entry.crashes.saturating_add(1);
            return None;
        }
        let at = self.suspects.iter().position(|suspect| suspect.mark == mark);
        let at = at.unwrap_or_else(|| self.suspect(mark.clone()));
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
        self.quarantined.push_back(quarantined.clone());
        Some(Verdict {
            quarantined,
            released,
        })
    }

    /// `mark` was handled without a crash. It has to be told only while messages are watched.
    pub fn succeeded(&mut self, mark: &M, now: Duration) {
        self.forget(now);
        if let Some(suspect) = self.suspects.iter_mut().find(|suspect| suspect.mark == *mark)
            && matches!(suspect.evidence, Evidence::Crashed(_))
        {
            suspect.evidence = Evidence::Handled(now);
        }
    }

    /// Whether `mark` is quarantined. If so, that is counted as one refusal.
    pub fn refuses(&mut self, mark: &M) -> bool {
        self.refuse_where(|quarantined| quarantined == mark).is_some()
    }

    /// The first quarantined mark for which this is so. That is counted as one refusal of it.
    pub fn refuse_where(&mut self, is: impl Fn(&M) -> bool) -> Option<&Quarantined<M>> {
        let entry = self.quarantined.iter_mut().find(|entry| is(&entry.mark))?;
        entry.refused = entry.refused.saturating_add(1);
        Some(entry)
    }

    /// Lets `mark` in again, with no crash to its name. `None` where it is not quarantined.
    pub fn release(&mut self, mark: &M) -> Option<Quarantined<M>> {
        let at = self.quarantined.iter().position(|entry| entry.mark == *mark)?;
        self.quarantined.remove(at)
    }

    /// As [`release`](Self::release), because `mark` was handled without a crash all the same: it is exempt until the window
    /// has passed.
    pub fn acquit(&mut self, mark: &M, now: Duration) -> Option<Quarantined<M>> {
        let released = self.release(mark)?;
        let at = self.suspect(mark.clone());
        self.suspects[at].evidence = Evidence::Handled(now);
        Some(released)
    }

    /// Forgets what lies before the window that ends now, and lets in again what has been quarantined for so long.
    pub fn lapse(&mut self, now: Duration, lasts: Duration) -> Vec<Quarantined<M>> {
        self.forget(now);
        let is_over = |entry: &Quarantined<M>| now.saturating_sub(entry.since) >= lasts;
        let released = self
            .quarantined
            .iter()
            .filter(|entry| is_over(entry))
            .cloned()
            .collect();
        self.quarantined.retain(|entry| !is_over(entry));
        released
    }

    /// When [`lapse`](Self::lapse) has something to do next, where nothing happens before.
    pub fn lapses_at(&self, lasts: Duration) -> Option<Duration> {
        // A crash belongs to the window to its last instant.
        let within = self.rule.within.saturating_add(Duration::from_nanos(1));
        let suspects = self
            .suspects
            .iter()
            .filter_map(|suspect| suspect.evidence.latest());
        let forgotten = suspects.map(|at| at.saturating_add(within));
        let let_in = self
            .quarantined
            .iter()
            .map(|entry| entry.since.saturating_add(lasts));
        forgotten.chain(let_in).min()
    }

    /// What is quarantined, the longest first.
    pub fn list(&self) -> Vec<Quarantined<M>> {
        self.quarantined.iter().cloned().collect()
    }

    /// The marks that have to be looked at: those that are quarantined, and the suspects that have yet to succeed.
    pub fn watched(&self) -> impl Iterator<Item = &M> {
        let crashed = |suspect: &&Suspect<M>| matches!(suspect.evidence, Evidence::Crashed(_));
        let suspects = self.suspects.iter().filter(crashed).map(|suspect| &suspect.mark);
        self.quarantined.iter().map(|entry| &entry.mark).chain(suspects)
    }

    /// Whether any mark has to be looked at. It changes only where a crash, a success, a release or a lapse is told.
    pub(crate) fn is_watching(&self) -> bool {
        self.watched().next().is_some()
    }

    /// Makes `mark` a suspect without a crash, and says where it stands.
    fn suspect(&mut self, mark: M) -> usize {
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
