//! The decisions: what was seen of the endpoints, now -> who is ejected and who returns.

use std::collections::HashMap;
use std::time::Duration;

use hedgerow_config::OutlierPolicy;
use hedgerow_supervisor::Jitter;

use super::cause::Cause;
use super::latencies::Histogram;
use super::rules::{self, Ends, Outlier};

/// What is seen of one endpoint. What it has had of ejections stands with the endpoint, and outlives the machine.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Tells it apart from all others that are or were seen.
    pub id: u64,
    /// The end of its ejection, where it is ejected, as time since the mesh's epoch.
    pub ejected_until: Option<Duration>,
    /// How many times `ejectFor` its last ejection was, less one for each quiet interval since.
    pub times: u32,
    /// The longest run of failures that is going on or has reached the limit.
    pub run: u32,
    /// How its calls ended, since it was made.
    pub ends: Ends,
    /// How long they took, where there is a rule on that.
    pub latencies: Histogram,
}

/// A move of one endpoint, by its place in what was seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Move {
    /// Its place.
    pub at: usize,
    /// What becomes of it.
    pub to: To,
}

/// What becomes of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum To {
    /// It is left out until then.
    Ejected {
        /// As time since the mesh's epoch.
        until: Duration,
        /// Its new [`Seen::times`].
        times: u32,
        /// Why.
        cause: Cause,
    },
    /// Its time is over: it begins anew.
    Returned,
    /// It would have been ejected by its run, and too many are: its run begins anew.
    Spared,
    /// It was quiet for an interval.
    Calmed {
        /// Its new [`Seen::times`].
        times: u32,
    },
}

/// What a look led to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Step {
    /// The moves, to be made in order. Mostly none.
    pub moves: Vec<Move>,
    /// When to look again where nobody rings before, as time since the mesh's epoch. `None`: not before somebody rings.
    pub wake_at: Option<Duration>,
    /// Whether the endpoints had no call in an interval: the next call is to ring.
    pub rests: bool,
}

/// Decides who is an outlier. It reads no clock; the same seed and the same looks give the same moves.
///
/// The rules, the cap, and the times that grow and shrink are those of Envoy (`source/extensions/outlier_detection` and
/// `docs/root/intro/arch_overview/upstream/outlier.rst`). Other than there, the worst of a look is ejected first, an endpoint
/// returns when its time is over and not at the next interval, and jitter shortens.
pub struct Machine {
    policy: OutlierPolicy,
    consecutive: Option<u32>,
    luck: Jitter,
    /// What had been counted of each at the last look at the shares.
    base: HashMap<u64, (Ends, Histogram)>,
    tick_at: Option<Duration>,
}

/// Whether the machine is to look at the shares at the end of each interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Traffic {
    /// There may have been calls.
    Some,
    /// There was none since it rested.
    None,
}

impl Machine {
    /// One whose first interval begins with what is `seen` now.
    pub fn new(policy: OutlierPolicy, consecutive: Option<u32>, seed: u64, seen: &[Seen]) -> Self {
        let mut machine = Self {
            policy,
            consecutive,
            luck: Jitter::new(seed),
            base: HashMap::new(),
            tick_at: None,
        };
        machine.begin_interval(seen);
        machine
    }

    /// Looks at the endpoints, which must be all that there are.
    pub fn step(&mut self, now: Duration, traffic: Traffic, seen: &[Seen]) -> Step {
        let mut look = Look::new(seen);
        self.return_those_whose_time_is_over(now, &mut look);
        self.eject_by_run(now, &mut look);
        let mut rests = false;
        if self.tick_at.is_some_and(|at| at <= now) {
            self.tick_at = None;
            let is_quiet = self.tick(now, &mut look);
            rests = is_quiet && self.policy.compares();
        }
        let counts = self.policy.compares() && traffic == Traffic::Some && !rests;
        if counts || look.has_unquiet() {
            self.tick_at
                .get_or_insert_with(|| now.saturating_add(self.policy.every));
        } else {
            self.tick_at = None;
        }
        let returns = look.ejected_until.iter().flatten().min().copied();
        Step {
            moves: look.moves,
            wake_at: self.tick_at.into_iter().chain(returns).min(),
            rests: rests || (self.policy.compares() && traffic == Traffic::None),
        }
    }

    fn return_those_whose_time_is_over(&mut self, now: Duration, look: &mut Look<'_>) {
        for at in 0..look.seen.len() {
            if look.ejected_until[at].is_some_and(|until| until <= now) {
                look.ejected_until[at] = None;
                look.moved[at] = true;
                look.moves.push(Move { at, to: To::Returned });
                self.forget(&look.seen[at]);
            }
        }
    }

    /// An endpoint returns: what it was given while it was out, as most others were, says nothing.
    pub fn forget(&mut self, seen: &Seen) {
        self.base.insert(seen.id, (seen.ends, seen.latencies.clone()));
    }

    fn eject_by_run(&mut self, now: Duration, look: &mut Look<'_>) {
        let Some(limit) = self.consecutive else { return };
        for at in 0..look.seen.len() {
            let observed = look.seen[at].run;
            if observed < limit || look.ejected_until[at].is_some() || look.moved[at] {
                continue;
            }
            let cause = Cause::Consecutive { limit, observed };
            if !self.eject(now, (at, cause), look) {
                look.moves.push(Move { at, to: To::Spared });
            }
        }
    }

    /// The end of an interval: true where there was no call in it.
    fn tick(&mut self, now: Duration, look: &mut Look<'_>) -> bool {
        for at in 0..look.seen.len() {
            let times = look.seen[at].times;
            if times > 0 && look.ejected_until[at].is_none() && !look.moved[at] {
                let times = times - 1;
                look.times[at] = times;
                let to = To::Calmed { times };
                look.moves.push(Move { at, to });
            }
        }
        let of_interval: Vec<(usize, Ends, Histogram)> = look
            .seen
            .iter()
            .enumerate()
            .map(|(at, seen)| match self.base.get(&seen.id) {
                Some((ends, times)) => (at, seen.ends.since(*ends), seen.latencies.since(times)),
                None => (at, seen.ends, seen.latencies.clone()),
            })
            .collect();
        let is_quiet = of_interval.iter().all(|(_, ends, _)| ends.calls() == 0);
        let in_choice = |at: &usize| look.ejected_until[*at].is_none() && !look.moved[*at];
        let here: Vec<&(usize, Ends, Histogram)> =
            of_interval.iter().filter(|(at, ..)| in_choice(at)).collect();
        let ends: Vec<(usize, Ends)> = here.iter().map(|(at, ends, _)| (*at, *ends)).collect();
        let mut outliers: Vec<Outlier> = Vec::new();
        if let Some(rule) = self.policy.success_rate {
            outliers.extend(rules::by_success_rate(rule, &ends));
        }
        if let Some(rule) = self.policy.failure_percentage {
            outliers.extend(rules::by_failure_percentage(rule, &ends));
        }
        if let Some(rule) = self.policy.latency {
            let times: Vec<(usize, Histogram)> =
                here.iter().map(|(at, _, times)| (*at, times.clone())).collect();
            outliers.extend(rules::by_latency(rule, &times));
        }
        for outlier in outliers {
            if look.ejected_until[outlier.0].is_none() {
                self.eject(now, outlier, look);
            }
        }
        self.begin_interval(look.seen);
        is_quiet
    }

    /// Ejects an endpoint where there is room.
    fn eject(&mut self, now: Duration, (at, cause): Outlier, look: &mut Look<'_>) -> bool {
        if !self.has_room(look) {
            return false;
        }
        let OutlierPolicy {
            eject_for,
            max_eject_for,
            jitter,
            ..
        } = self.policy;
        let before = look.times[at];
        // No longer than it takes to reach the longest: else it would take as many quiet intervals more to come down.
        let grows = eject_for.saturating_mul(before) < max_eject_for.saturating_add(eject_for);
        let times = if grows { before + 1 } else { before };
        let full = eject_for.saturating_mul(times).min(max_eject_for);
        let until = now.saturating_add(full.mul_f64(1.0 - jitter.clamp(0.0, 1.0) * self.luck.unit()));
        look.ejected_until[at] = Some(until);
        look.times[at] = times;
        look.moved[at] = true;
        let to = To::Ejected { until, times, cause };
        look.moves.push(Move { at, to });
        true
    }

    fn has_room(&self, look: &Look<'_>) -> bool {
        let out = look.ejected_until.iter().flatten().count();
        has_room(&self.policy, look.seen.len(), out)
    }

    fn begin_interval(&mut self, seen: &[Seen]) {
        let base = seen
            .iter()
            .map(|seen| (seen.id, (seen.ends, seen.latencies.clone())));
        self.base = base.collect();
    }
}

/// Whether one more of so many endpoints may be ejected, where so many are. Never the only one that there is.
pub(crate) fn has_room(policy: &OutlierPolicy, all: usize, out: usize) -> bool {
    let share = (out + 1) as f64 / all as f64;
    all > 1 && (share <= policy.max_eject || (out == 0 && policy.always_eject_one))
}

/// What is made of what was seen, in one look.
struct Look<'a> {
    seen: &'a [Seen],
    ejected_until: Vec<Option<Duration>>,
    times: Vec<u32>,
    /// Whether it was ejected or has returned in this look.
    moved: Vec<bool>,
    moves: Vec<Move>,
}

impl<'a> Look<'a> {
    fn new(seen: &'a [Seen]) -> Self {
        Self {
            seen,
            ejected_until: seen.iter().map(|seen| seen.ejected_until).collect(),
            times: seen.iter().map(|seen| seen.times).collect(),
            moved: vec![false; seen.len()],
            moves: Vec::new(),
        }
    }

    /// Whether there is one whose times are to shrink.
    fn has_unquiet(&self) -> bool {
        let mut each = self.times.iter().zip(&self.ejected_until);
        each.any(|(times, until)| *times > 0 && until.is_none())
    }
}
