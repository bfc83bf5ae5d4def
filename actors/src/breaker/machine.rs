//! The breaker's decisions: state, observation, now -> transition.

use std::time::Duration;

use hedgerow_config::{BreakerPolicy, HalfOpen};
use hedgerow_gate::{MAX_PERMITS, Observation, Publish, State, Sums};
use hedgerow_supervisor::Jitter;

use super::open_time::open_time;
use super::rate::RateRule;
use super::{Cause, Record, Summary, Window};

/// Every legal move. There is no other.
///
/// | from | to | because |
/// |---|---|---|
/// | closed | open | a rule tripped: consecutive failures or failure rate |
/// | open | halfOpen | the open time is over |
/// | halfOpen | closed | enough probes succeeded |
/// | halfOpen | open | a probe failed, or probes did not end within [`HALF_OPEN_MAX_STAY`] |
pub const TRANSITIONS: [(State, State); 4] = [
    (State::Closed, State::Open),
    (State::Open, State::HalfOpen),
    (State::HalfOpen, State::Closed),
    (State::HalfOpen, State::Open),
];

/// How long a breaker stays half-open with probes under way. Where it is over and a probe has not ended, the breaker
/// opens again as after a failed probe, and gives out fresh permits the next time: probes that never return would
/// else keep theirs for ever. Where it is over and no probe is under way, it begins anew: an idle callee has done
/// nothing wrong.
///
/// It is the default, and no policy changes it. It measures the stay and not each probe: one that began just before the
/// end counts as well. And a call that takes longer is no successful probe; limit calls to less.
pub const HALF_OPEN_MAX_STAY: Duration = Duration::from_secs(30);

/// An instant by both clocks: one measures, the other stamps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// Time since the mesh's epoch by the monotonic clock. All durations are measured with it.
    pub elapsed: Duration,
    /// The wall clock, in milliseconds since the Unix epoch. For records and people only.
    pub unix_ms: u64,
}

/// A move that has been made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Transition {
    /// The state it left.
    pub from: State,
    /// The state it went to.
    pub to: State,
    /// Why.
    pub cause: Cause,
    /// When, in milliseconds since the Unix epoch.
    pub at_unix_ms: u64,
}

/// When an open breaker turns half-open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Opening {
    /// By the monotonic clock.
    pub(super) until: Duration,
    /// The same by the wall clock, for the record.
    pub(super) until_unix_ms: u64,
    /// How long it is open by plan.
    pub(super) open_for: Duration,
}

/// Where the machine stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Closed,
    Open(Opening),
    HalfOpen {
        /// The end of the stay, by the monotonic clock.
        until: Duration,
    },
}

/// The breaker without clock, mailbox, gate or store.
///
/// [`step`](Self::step) is its only way to move. It starts closed with an empty window, or where a
/// [`Record`] says ([`restore`](Self::restore)).
#[derive(Debug, Clone)]
pub struct Machine {
    pub(super) policy: BreakerPolicy,
    pub(super) phase: Phase,
    pub(super) window: Window,
    /// Openings in a row without having been closed; the exponent of the open time.
    pub(super) open_count: u32,
    pub(super) since_unix_ms: u64,
    pub(super) last_transition: Option<Summary>,
    pub(super) luck: Jitter,
}

impl Machine {
    /// A closed breaker that counts from `base` on. `seed` decides the jitter of its open times.
    pub fn new(policy: BreakerPolicy, now: Now, base: Sums, seed: u64) -> Self {
        Self {
            window: Window::new(policy.window, now.elapsed, base),
            policy,
            phase: Phase::Closed,
            open_count: 0,
            since_unix_ms: now.unix_ms,
            last_transition: None,
            luck: Jitter::new(seed),
        }
    }

    /// Takes in what was observed and makes the move that follows, if one does.
    ///
    /// After a move it needs a new observation: this one belongs to the generation that has ended.
    pub fn step(&mut self, now: Now, seen: &Observation) -> Option<Transition> {
        match self.phase {
            Phase::Closed => {
                self.window.observe(now.elapsed, seen.sums);
                let cause = self.tripped(seen)?;
                Some(self.open(now, cause))
            }
            Phase::Open(Opening { until, open_for, .. }) => (now.elapsed >= until)
                .then(|| self.enter(Phase::half_open(now), now, Cause::OpenTimeOver { open_for })),
            Phase::HalfOpen { until } => self.probe(now, seen, until),
        }
    }

    fn probe(&mut self, now: Now, seen: &Observation, until: Duration) -> Option<Transition> {
        if seen.probes.failed {
            return Some(self.open(now, Cause::ProbeFailed));
        }
        let HalfOpen { permits, successes } = self.policy.half_open;
        if seen.probes.successes >= successes {
            return Some(self.close(now, seen.sums, successes, seen.probes.successes));
        }
        if now.elapsed < until {
            return None;
        }
        let under_way = permits.min(MAX_PERMITS).saturating_sub(seen.free_permits);
        if under_way == 0 {
            self.phase = Phase::half_open(now);
            return None;
        }
        let limit = HALF_OPEN_MAX_STAY;
        Some(self.open(now, Cause::ProbesWithoutEnd { limit, under_way }))
    }

    fn tripped(&self, seen: &Observation) -> Option<Cause> {
        if let (Some(limit), Some(observed)) = (self.policy.consecutive_failures, seen.streak)
            && observed >= limit
        {
            return Some(Cause::ConsecutiveFailures { limit, observed });
        }
        let window = self.window.totals();
        let rule = self.rate_rule().filter(|rule| rule.is_crossed(window))?;
        Some(Cause::FailureRate {
            limit: rule.limit,
            failures: window.failures,
            calls: window.calls(),
        })
    }

    fn open(&mut self, now: Now, cause: Cause) -> Transition {
        self.open_count = self.open_count.saturating_add(1);
        let open_for = open_time(self.policy.open_for, self.open_count, &mut self.luck);
        self.enter(Phase::Open(Opening::new(now, open_for)), now, cause)
    }

    fn close(&mut self, now: Now, base: Sums, limit: u32, observed: u32) -> Transition {
        self.open_count = 0;
        // The base is what was seen before the gate closes: no call of the new generation is in it.
        self.window = Window::new(self.policy.window, now.elapsed, base);
        self.enter(Phase::Closed, now, Cause::ProbesSucceeded { limit, observed })
    }

    pub(super) fn enter(&mut self, phase: Phase, now: Now, cause: Cause) -> Transition {
        let transition = Transition {
            from: self.state(),
            to: phase.state(),
            cause,
            at_unix_ms: now.unix_ms,
        };
        debug_assert!(
            TRANSITIONS.contains(&(transition.from, transition.to)),
            "a breaker does not move from {} to {}",
            transition.from,
            transition.to,
        );
        self.phase = phase;
        self.since_unix_ms = now.unix_ms;
        self.last_transition = Some(Summary::from(&transition));
        transition
    }

    /// Its state.
    pub fn state(&self) -> State {
        self.phase.state()
    }

    /// What callers are to meet.
    pub fn publish(&self) -> Publish {
        match self.phase {
            Phase::Closed => Publish::Closed,
            Phase::Open(Opening { until, .. }) => Publish::Open { refuse_until: until },
            Phase::HalfOpen { .. } => Publish::HalfOpen {
                permits: self.policy.half_open.permits,
            },
        }
    }

    /// When it has to be stepped even if no bell rings, as time since the mesh's epoch: the end of the open time
    /// or of the stay in half-open, or the window's next tick. `None` where only a bell can bring news: closed with
    /// an empty window.
    pub fn deadline(&self) -> Option<Duration> {
        match self.phase {
            Phase::Closed => self.window.next_tick(),
            Phase::Open(Opening { until, .. }) | Phase::HalfOpen { until } => Some(until),
        }
    }

    /// The fewest further failures that could cross the failure rate before the next tick; `None` where no number
    /// could, or the rule is off. Zero where successes alone could, by reaching the minimum of calls.
    pub fn fuse(&self) -> Option<u64> {
        self.rate_rule()?.fuse(self.window.totals())
    }

    fn rate_rule(&self) -> Option<RateRule> {
        self.policy.failure_rate.map(|limit| RateRule {
            limit,
            min_calls: self.policy.min_calls,
        })
    }

    /// What the window held when it was last observed. While open: what it held at the trip.
    pub fn window(&self) -> &Window {
        &self.window
    }

    /// The rules it goes by.
    pub fn policy(&self) -> &BreakerPolicy {
        &self.policy
    }

    /// Since when it is in its state, in milliseconds since the Unix epoch.
    pub fn since_unix_ms(&self) -> u64 {
        self.since_unix_ms
    }

    /// When it turns half-open, in milliseconds since the Unix epoch; `None` unless open.
    pub fn half_open_at_unix_ms(&self) -> Option<u64> {
        match self.phase {
            Phase::Open(Opening { until_unix_ms, .. }) => Some(until_unix_ms),
            Phase::Closed | Phase::HalfOpen { .. } => None,
        }
    }

    /// The last move; survives restarts.
    pub fn last_transition(&self) -> Option<&Summary> {
        self.last_transition.as_ref()
    }

    /// What is to be kept across a crash.
    pub fn record(&self) -> Record {
        Record::of(self)
    }
}

impl Opening {
    pub(super) fn new(now: Now, open_for: Duration) -> Self {
        let ms = u64::try_from(open_for.as_millis()).unwrap_or(u64::MAX);
        Self {
            until: now.elapsed.saturating_add(open_for),
            until_unix_ms: now.unix_ms.saturating_add(ms),
            open_for,
        }
    }
}

impl Phase {
    /// Half-open, with a stay that begins.
    pub(super) fn half_open(now: Now) -> Self {
        Self::HalfOpen {
            until: now.elapsed.saturating_add(HALF_OPEN_MAX_STAY),
        }
    }

    fn state(self) -> State {
        match self {
            Self::Closed => State::Closed,
            Self::Open(_) => State::Open,
            Self::HalfOpen { .. } => State::HalfOpen,
        }
    }
}
