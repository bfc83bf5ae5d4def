#![allow(clippy::unwrap_used)]

mod actor;
mod latencies;
mod machine;
mod model;
mod rules;
mod streak;

use std::time::Duration;

use hedgerow_config::OutlierPolicy;

use super::{Ends, Machine, Move, Seen, Step, To, Traffic};

pub(super) const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The defaults, with ejections of exact length and room for all but half.
pub(super) fn roomy() -> OutlierPolicy {
    OutlierPolicy {
        jitter: 0.0,
        max_eject: 0.5,
        ..OutlierPolicy::default()
    }
}

/// Endpoints under a machine, as an actor would keep them.
pub(super) struct Field {
    pub(super) machine: Machine,
    pub(super) seen: Vec<Seen>,
    resting: bool,
    pub(super) wake_at: Option<Duration>,
}

impl Field {
    pub(super) fn new(policy: OutlierPolicy, consecutive: Option<u32>, endpoints: u64) -> Self {
        let seen: Vec<Seen> = (0..endpoints)
            .map(|id| Seen {
                id,
                ..Seen::default()
            })
            .collect();
        Self {
            resting: policy.compares(),
            machine: Machine::new(policy, consecutive, 7, &seen),
            seen,
            wake_at: None,
        }
    }

    /// Counts calls, and looks where they wake.
    pub(super) fn calls(&mut self, now: Duration, at: usize, successes: u64, failures: u64) -> Vec<Move> {
        self.seen[at].ends = Ends {
            successes: self.seen[at].ends.successes + successes,
            failures: self.seen[at].ends.failures + failures,
        };
        if self.resting {
            self.resting = false;
            return self.look(now);
        }
        Vec::new()
    }

    /// A look, and its moves made.
    pub(super) fn look(&mut self, now: Duration) -> Vec<Move> {
        let traffic = if self.resting {
            Traffic::None
        } else {
            Traffic::Some
        };
        let Step {
            moves,
            wake_at,
            rests,
        } = self.machine.step(now, traffic, &self.seen);
        for step in &moves {
            let seen = &mut self.seen[step.at];
            match step.to {
                To::Ejected { until, times, .. } => {
                    (seen.ejected_until, seen.times, seen.run) = (Some(until), times, 0);
                }
                To::Returned => (seen.ejected_until, seen.run) = (None, 0),
                To::Spared => seen.run = 0,
                To::Calmed { times } => seen.times = times,
            }
        }
        self.resting = rests;
        self.wake_at = wake_at;
        moves
    }

    pub(super) fn is_resting(&self) -> bool {
        self.resting
    }

    pub(super) fn ejected(&self) -> Vec<usize> {
        let out = self.seen.iter().enumerate();
        out.filter(|(_, seen)| seen.ejected_until.is_some())
            .map(|(at, _)| at)
            .collect()
    }
}
