//! Whether a node is over its panic budget: a pure function of counts and time.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use hedgerow_config::{OverBudget, PanicBudget};

/// Looks in a window: it slides in steps of a tenth of itself.
const STEPS: u32 = 10;

/// What becomes of requests that meet a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// They enter it.
    Served = 0,
    /// They pass it by: it is over its budget and fails open.
    Skipped = 1,
    /// They are refused: it is over its budget and fails closed.
    Refused = 2,
}

impl Standing {
    /// As it is shown: `served`, `failOpen`, `failClosed`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Served => "served",
            Self::Skipped => "failOpen",
            Self::Refused => "failClosed",
        }
    }
}

/// A node's standing, as its actor publishes it and requests read it.
#[derive(Default)]
pub(super) struct Word(AtomicU8);

impl Word {
    pub(super) fn read(&self) -> Standing {
        Self::meaning(self.0.load(Ordering::Acquire))
    }

    /// Publishes it.
    pub(super) fn publish(&self, standing: Standing) {
        self.0.store(standing as u8, Ordering::Release);
    }

    fn meaning(word: u8) -> Standing {
        match word {
            1 => Standing::Skipped,
            2 => Standing::Refused,
            _ => Standing::Served,
        }
    }
}

/// What was counted so far at a time since the mesh's epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sample {
    pub(super) at: Duration,
    /// Requests that entered the node.
    pub(super) calls: u64,
    /// Those of them that crashed.
    pub(super) panics: u64,
}

/// What follows from a look.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Seen {
    pub(super) standing: Standing,
    /// The figures that took the node out, or that it comes back with; `None` where nothing changes.
    pub(super) changed: Option<Figures>,
    /// When to look again, where nothing happens before.
    pub(super) look_at: Option<Duration>,
}

/// Requests and panics in a window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Figures {
    pub(super) calls: u64,
    pub(super) panics: u64,
}

/// The window of one node. It belongs to the node's place: a restart does not forgive what was before it.
///
/// Nothing is looked at while no request crashes: the window begins with a panic, and ends when it holds none any more.
#[derive(Debug)]
pub(super) struct Watch {
    budget: Option<PanicBudget>,
    /// The oldest is where the window begins. Empty while there is no panic to speak of.
    samples: VecDeque<Sample>,
    /// Panics that are known, and belong to no window any more.
    known: u64,
    out: Option<Out>,
    /// When its actor was last restarted because of a panic.
    pub(super) restarted_at: Option<Duration>,
}

/// Since when it is out, and which incarnation of its actor it was.
#[derive(Debug, Clone, Copy)]
struct Out {
    since: Duration,
    incarnation: u32,
}

impl Watch {
    /// Without a budget a node is always served.
    pub(super) fn new(budget: Option<PanicBudget>) -> Self {
        Self {
            budget,
            samples: VecDeque::new(),
            known: 0,
            out: None,
            restarted_at: None,
        }
    }

    /// What came before the node took its place does not count.
    pub(super) fn begin_after(&mut self, panics: u64) {
        self.known = panics;
    }

    pub(super) fn budget(&self) -> Option<&PanicBudget> {
        self.budget.as_ref()
    }

    /// Looks at what was counted. Times and counts must not run backwards.
    pub(super) fn look(&mut self, now: Sample, incarnation: u32) -> Seen {
        let Some(budget) = self.budget else {
            return Seen::served(None);
        };
        let over = match budget.then {
            OverBudget::FailClosed => Standing::Refused,
            OverBudget::FailOpen => Standing::Skipped,
        };
        if let Some(out) = self.out {
            let back_at = out.since.saturating_add(budget.per);
            if now.at < back_at || incarnation == out.incarnation {
                // Where only the restart is missing, the fresh incarnation looks when it starts.
                return Seen {
                    standing: over,
                    changed: None,
                    look_at: (now.at < back_at).then_some(back_at),
                };
            }
            self.out = None;
            self.forget(now);
            return Seen {
                changed: Some(Figures::default()),
                ..Seen::served(None)
            };
        }
        let Some(figures) = self.window(now, budget.per) else {
            return Seen::served(None);
        };
        let share = figures.panics as f64 / figures.calls as f64;
        if figures.calls >= u64::from(budget.min_calls) && share > budget.rate {
            self.out = Some(Out {
                since: now.at,
                incarnation,
            });
            self.forget(now);
            return Seen {
                standing: over,
                changed: Some(figures),
                look_at: Some(now.at.saturating_add(budget.per)),
            };
        }
        let step = budget.per / STEPS;
        if self.samples.back().is_none_or(|last| now.at >= last.at + step) {
            self.samples.push_back(now);
        }
        Seen::served(Some(now.at.saturating_add(step)))
    }

    /// What the window holds; `None` where that is no panic.
    fn window(&mut self, now: Sample, per: Duration) -> Option<Figures> {
        if self.samples.is_empty() && now.panics > self.known {
            // Nobody has looked before the first panic: the calls before it are not known.
            let crashed = now.panics - self.known;
            self.samples.push_back(Sample {
                at: now.at,
                calls: now.calls.saturating_sub(crashed),
                panics: self.known,
            });
            self.samples.push_back(now);
        }
        if let Some(begins) = now.at.checked_sub(per) {
            while self.samples.get(1).is_some_and(|second| second.at <= begins) {
                self.samples.pop_front();
            }
        }
        let first = self.samples.front()?;
        let figures = Figures {
            calls: now.calls.saturating_sub(first.calls),
            panics: now.panics.saturating_sub(first.panics),
        };
        if figures.panics == 0 {
            self.forget(now);
            return None;
        }
        Some(figures)
    }

    fn forget(&mut self, now: Sample) {
        self.samples.clear();
        self.known = now.panics;
    }
}

impl Seen {
    fn served(look_at: Option<Duration>) -> Self {
        Self {
            standing: Standing::Served,
            changed: None,
            look_at,
        }
    }
}
