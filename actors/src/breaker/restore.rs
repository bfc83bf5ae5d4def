//! Where a breaker begins after a restart.

use std::fmt;
use std::time::Duration;

use hedgerow_config::BreakerPolicy;
use hedgerow_gate::{Publish, State, Sums};

use super::machine::{Opening, Phase};
use super::record::policy_hash;
use super::{Cause, Machine, Now, Record, Transition};

/// What was learned longer ago than this says nothing about how long to stay open the next time.
pub const FRESH_FOR: Duration = Duration::from_secs(600);

/// What became of a record.
#[derive(Debug, Clone, PartialEq)]
pub enum Restored {
    /// Closed, with an empty window.
    Closed,
    /// Open for the remaining time.
    Open {
        /// How long.
        remaining: Duration,
    },
    /// Open for longer than the policy or the record allows: the clock or the policy has changed, and the time
    /// was cut.
    Clamped {
        /// How long it stays open.
        remaining: Duration,
    },
    /// The open time ran out while down: half-open. This is a transition.
    RanOut(Transition),
    /// It was half-open, and is again.
    HalfOpen,
    /// An operator had ordered the state, and it stays.
    Forced {
        /// The state.
        state: State,
        /// Who ordered it.
        author: Box<str>,
    },
}

impl fmt::Display for Restored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("restored: closed, with an empty window"),
            Self::Open { remaining } => write!(f, "restored: open for {} ms more", remaining.as_millis()),
            Self::Clamped { remaining } => {
                write!(f, "restored: open, cut to {} ms more", remaining.as_millis())
            }
            Self::RanOut(transition) => transition.cause.fmt(f),
            Self::HalfOpen => f.write_str("restored: half-open, probing again"),
            Self::Forced { state, author } => write!(f, "restored: {state}, by order of {author}"),
        }
    }
}

impl Machine {
    /// A breaker that goes on where its record ends.
    ///
    /// | recorded | wall clock now | becomes |
    /// |---|---|---|
    /// | closed | any | closed, empty window |
    /// | halfOpen | any | halfOpen, all permits free, for a new stay |
    /// | open | at or after `half_open_at` | halfOpen |
    /// | open | from `since` to `half_open_at` | open for the rest, at most the policy's longest time |
    /// | forcedOpen, disabled, metricsOnly | any | the same, until an operator lifts it |
    /// | open | before `since`: it ran back | open for the planned time, at most the policy's longest time |
    ///
    /// So it is never closed without a probe, and never open for longer than `open_for.max`, whatever the clock
    /// did. The growth of the open time goes on if the policy is the same and the record is fresh (not older than
    /// [`FRESH_FOR`], counted from `half_open_at` where it was open, else from `since`); otherwise it begins again.
    pub fn restore(
        record: &Record,
        policy: BreakerPolicy,
        now: Now,
        base: Sums,
        seed: u64,
    ) -> (Self, Restored) {
        let same_policy = policy_hash(&policy) == record.policy;
        let longest = policy.open_for.max;
        let mut machine = Self::new(policy, now, base, seed);
        machine.last_transition.clone_from(&record.last_transition);
        // A clock that ran back must not leave a beginning in the future: the next restart would trust it.
        machine.since_unix_ms = record.since.min(now.unix_ms);
        if record.state.is_forced() {
            let (state, author) = (record.state, record.author());
            machine.phase = Phase::Forced {
                state,
                author: author.clone(),
            };
            return (machine, Restored::Forced { state, author });
        }
        let known_since = record.half_open_at.unwrap_or(record.since);
        let fresh = same_policy && ms(now.unix_ms.saturating_sub(known_since)) <= FRESH_FOR;
        if record.state == State::Closed {
            // Its openings are forgotten when they would have been.
            let calm_for = longest.saturating_sub(ms(now.unix_ms.saturating_sub(record.since)));
            if fresh && !calm_for.is_zero() {
                machine.open_count = record.open_count;
                machine.calm_at = now.elapsed.saturating_add(calm_for);
            }
            return (machine, Restored::Closed);
        }
        machine.open_count = if fresh { record.open_count.max(1) } else { 1 };

        let Some(half_open_at) = record.half_open_at else {
            machine.phase = Phase::half_open(now, &machine.policy);
            return (machine, Restored::HalfOpen);
        };
        let planned = ms(half_open_at.saturating_sub(record.since));
        let recorded = ms(half_open_at.saturating_sub(now.unix_ms));
        let remaining = recorded.min(planned).min(longest);
        machine.phase = Phase::Open(Opening::new(now, remaining));
        let restored = if remaining.is_zero() {
            let half_open = Phase::half_open(now, &machine.policy);
            Restored::RanOut(machine.enter(half_open, now, Cause::RanOutWhileDown, None))
        } else if remaining < recorded {
            Restored::Clamped { remaining }
        } else {
            Restored::Open { remaining }
        };
        (machine, restored)
    }

    /// Takes the state that callers already meet where that is stricter than its own (open before half-open before
    /// closed), and the end of the open time that they were told. An actor that is restarted within its process needs
    /// it: its predecessor may have published a transition and died before the record of it was kept.
    pub fn heed(&mut self, published: Publish, now: Now) {
        let stricter = match (&self.phase, published) {
            (_, Publish::Open { refuse_until }) => {
                let remaining = refuse_until
                    .saturating_sub(now.elapsed)
                    .min(self.policy.open_for.max);
                Phase::Open(Opening::new(now, remaining))
            }
            (Phase::Closed, Publish::HalfOpen { .. }) => Phase::half_open(now, &self.policy),
            (_, Publish::ForcedOpen | Publish::Disabled | Publish::MetricsOnly)
                if self.state() != published.state() =>
            {
                Phase::Forced {
                    state: published.state(),
                    author: UNKNOWN_AUTHOR.into(),
                }
            }
            _ => return,
        };
        if self.state() != published.state() {
            self.open_count = self.open_count.max(1);
            self.forget_reason(published, now);
        }
        self.phase = stricter;
    }

    /// Takes the state that callers already meet where the machine's is forced and theirs is not: an operator has lifted
    /// it, and the record of that was not kept.
    pub(super) fn unforce(&mut self, published: Publish, now: Now) {
        if !self.state().is_forced() || published.state().is_forced() {
            return;
        }
        self.forget_reason(published, now);
        self.phase = match published {
            Publish::HalfOpen { .. } | Publish::Open { .. } => Phase::half_open(now, &self.policy),
            _ => Phase::Closed,
        };
    }

    /// What led here was not kept; another move must not be shown as the reason.
    fn forget_reason(&mut self, published: Publish, now: Now) {
        self.since_unix_ms = now.unix_ms;
        self.last_transition.take_if(|last| last.to != published.state());
    }
}

/// Stands for the author of a state whose record was not kept.
pub(super) const UNKNOWN_AUTHOR: &str = "an operator";

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}
