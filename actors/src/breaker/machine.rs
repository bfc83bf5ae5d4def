//! The breaker's decisions: state, observation, now -> transition.

use std::time::Duration;

use hedgerow_config::{BreakerPolicy, HalfOpen};
use hedgerow_gate::{Observation, Pace, Publish, Rules, State, Sums};
use hedgerow_supervisor::Jitter;

use super::open_time::open_time;
use super::{Basis, Cause, Record, Summary, trip};

/// Every move that follows from rules and times. There is no other.
///
/// | from | to | because |
/// |---|---|---|
/// | closed | open | the rules tripped: consecutive failures or time-outs, failure rate, slow-call rate |
/// | open | halfOpen | the open time is over |
/// | halfOpen | closed | enough probes succeeded |
/// | halfOpen | open | a probe failed, or probes did not end within `halfOpen.maxStay` |
pub(crate) const TRANSITIONS: [(State, State); 4] = [
    (State::Closed, State::Open),
    (State::Open, State::HalfOpen),
    (State::HalfOpen, State::Closed),
    (State::HalfOpen, State::Open),
];

/// Every move that an operator can order, with [`Machine::instruct`]. There is no other, and each has an author.
pub(crate) const INSTRUCTED: [(State, State); 22] = [
    (State::Open, State::ForcedOpen),
    (State::HalfOpen, State::ForcedOpen),
    (State::Closed, State::ForcedOpen),
    (State::Disabled, State::ForcedOpen),
    (State::MetricsOnly, State::ForcedOpen),
    (State::Open, State::Disabled),
    (State::HalfOpen, State::Disabled),
    (State::Closed, State::Disabled),
    (State::ForcedOpen, State::Disabled),
    (State::MetricsOnly, State::Disabled),
    (State::Open, State::MetricsOnly),
    (State::HalfOpen, State::MetricsOnly),
    (State::Closed, State::MetricsOnly),
    (State::ForcedOpen, State::MetricsOnly),
    (State::Disabled, State::MetricsOnly),
    (State::Open, State::Closed),
    (State::HalfOpen, State::Closed),
    (State::Closed, State::Closed),
    (State::ForcedOpen, State::Closed),
    (State::Disabled, State::Closed),
    (State::MetricsOnly, State::Closed),
    (State::ForcedOpen, State::HalfOpen),
];

/// An instant by both clocks: one measures, the other stamps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// Time since the mesh's epoch by the monotonic clock. All durations are measured with it.
    pub elapsed: Duration,
    /// The wall clock, in milliseconds since the Unix epoch. For records and people only.
    pub unix_ms: u64,
}

/// A move that has been made.
#[derive(Debug, Clone, PartialEq)]
pub struct Transition {
    /// The state it left.
    pub from: State,
    /// The state it went to.
    pub to: State,
    /// Why.
    pub cause: Cause,
    /// The operator who ordered it; `None` where it followed from rules or times.
    pub author: Option<Box<str>>,
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Phase {
    Closed,
    Open(Opening),
    HalfOpen(Probing),
    /// By order of an operator.
    Forced {
        state: State,
        author: Box<str>,
    },
}

/// A stay in half-open, by the monotonic clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Probing {
    /// The end of the stay.
    pub(super) until: Duration,
    /// Where probes are paced: when the next may begin, once the last has.
    pub(super) next: Option<Duration>,
    /// Whether the next may begin now, which the gate is still to be told.
    pub(super) grants: bool,
}

/// The breaker without clock, mailbox, gate or store.
///
/// [`step`](Self::step) is its only way to move. It starts closed with an empty window, or where a
/// [`Record`] says ([`restore`](Self::restore)).
#[derive(Debug, Clone)]
pub struct Machine {
    pub(super) policy: BreakerPolicy,
    pub(super) phase: Phase,
    pub(super) window: Basis,
    /// Openings in a row; the exponent of the open time.
    pub(super) open_count: u32,
    /// Closed for as long as this, by the monotonic clock, its openings are forgotten.
    pub(super) calm_at: Duration,
    pub(super) since_unix_ms: u64,
    pub(super) last_transition: Option<Summary>,
    pub(super) luck: Jitter,
}

impl Machine {
    /// A closed breaker that counts from `base` on. `seed` decides the jitter of its open times.
    pub fn new(policy: BreakerPolicy, now: Now, base: Sums, seed: u64) -> Self {
        Self {
            window: Basis::new(policy.window, now.elapsed, base),
            policy,
            phase: Phase::Closed,
            open_count: 0,
            calm_at: now.elapsed,
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
                self.window.observe(now.elapsed, seen);
                let crossed = trip::tripped(&self.policy, seen.runs, self.window.totals())?;
                if now.elapsed >= self.calm_at {
                    self.open_count = 0;
                }
                Some(self.open(now, Cause::Tripped(crossed), seen))
            }
            Phase::Open(Opening { until, open_for, .. }) => (now.elapsed >= until).then(|| {
                let cause = Cause::OpenTimeOver { open_for };
                self.enter(Phase::half_open(now, &self.policy), now, cause, None)
            }),
            Phase::HalfOpen(probing) => self.probe(now, seen, probing),
            Phase::Forced { state, .. } => {
                if state == State::MetricsOnly {
                    self.window.observe(now.elapsed, seen);
                }
                None
            }
        }
    }

    fn probe(&mut self, now: Now, seen: &Observation, probing: Probing) -> Option<Transition> {
        if seen.probes.failed {
            return Some(self.open(now, Cause::ProbeFailed, seen));
        }
        let HalfOpen {
            permits,
            every,
            successes,
            max_stay,
            ..
        } = self.policy.half_open;
        if seen.probes.successes >= successes {
            return Some(self.close(now, seen.sums, successes, seen.probes.successes));
        }
        let mut probing = probing;
        if now.elapsed >= probing.until {
            if seen.under_way > 0 {
                let (limit, under_way) = (max_stay, seen.under_way);
                return Some(self.open(now, Cause::ProbesWithoutEnd { limit, under_way }, seen));
            }
            // An idle callee has done nothing wrong: the stay begins anew.
            probing.until = now.elapsed.saturating_add(max_stay);
        }
        if !every.is_zero() {
            probing.grants = false;
            match probing.next {
                // The last one has begun, which rang.
                None if seen.free_permits == 0 => probing.next = Some(now.elapsed.saturating_add(every)),
                Some(next) if now.elapsed >= next && seen.free_permits > 0 => probing.next = None,
                Some(next) if now.elapsed >= next && seen.under_way < permits => {
                    probing.next = None;
                    probing.grants = true;
                }
                _ => {}
            }
        }
        self.phase = Phase::HalfOpen(probing);
        None
    }

    /// Whether the gate is to let one more probe through, which the caller is to see to.
    pub(super) fn take_grant(&mut self) -> bool {
        match &mut self.phase {
            Phase::HalfOpen(probing) => std::mem::take(&mut probing.grants),
            _ => false,
        }
    }

    fn open(&mut self, now: Now, cause: Cause, seen: &Observation) -> Transition {
        self.open_count = self.open_count.saturating_add(1);
        let asked = seen.retry_at.unwrap_or_default().saturating_sub(now.elapsed);
        let open_for = open_time(self.policy.open_for, self.open_count, &mut self.luck, asked);
        self.enter(Phase::Open(Opening::new(now, open_for)), now, cause, None)
    }

    fn close(&mut self, now: Now, base: Sums, limit: u32, observed: u32) -> Transition {
        self.begin_window(now, base);
        self.enter(
            Phase::Closed,
            now,
            Cause::ProbesSucceeded { limit, observed },
            None,
        )
    }

    /// Empties the window and begins the time after which openings are forgotten. The base is what was seen before the
    /// gate changes: no call of the new generation is in it.
    pub(super) fn begin_window(&mut self, now: Now, base: Sums) {
        self.window = Basis::new(self.policy.window, now.elapsed, base);
        self.calm_at = now.elapsed.saturating_add(self.policy.open_for.max);
    }

    pub(super) fn enter(&mut self, phase: Phase, now: Now, cause: Cause, author: Option<&str>) -> Transition {
        let transition = Transition {
            from: self.state(),
            to: phase.state(),
            cause,
            author: author.map(Into::into),
            at_unix_ms: now.unix_ms,
        };
        let legal: &[(State, State)] = if author.is_some() {
            &INSTRUCTED
        } else {
            &TRANSITIONS
        };
        debug_assert!(
            legal.contains(&(transition.from, transition.to)),
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

    /// Who ordered the state, where it is [forced](State::is_forced).
    pub fn forced_by(&self) -> Option<&str> {
        match &self.phase {
            Phase::Forced { author, .. } => Some(author),
            _ => None,
        }
    }

    /// What callers are to meet.
    pub fn publish(&self) -> Publish {
        match &self.phase {
            Phase::Closed => Publish::Closed,
            Phase::Open(Opening { until, .. }) => Publish::Open { refuse_until: *until },
            Phase::HalfOpen(_) if self.policy.half_open.every.is_zero() => Publish::HalfOpen {
                permits: self.policy.half_open.permits,
                pace: Pace::Free,
            },
            Phase::HalfOpen(_) => Publish::HalfOpen {
                permits: 1,
                pace: Pace::Metered,
            },
            Phase::Forced { state, .. } => match state {
                State::Disabled => Publish::Disabled,
                State::MetricsOnly => Publish::MetricsOnly,
                _ => Publish::ForcedOpen,
            },
        }
    }

    /// When it has to be stepped even if no bell rings, as time since the mesh's epoch: the end of the open time
    /// or of the stay in half-open, the next paced probe, or the window's next tick. `None` where only a bell can bring
    /// news: closed with an empty window, or forced.
    pub fn deadline(&self, now: Duration) -> Option<Duration> {
        match &self.phase {
            Phase::Closed => self.window.next_tick(),
            Phase::Open(Opening { until, .. }) => Some(*until),
            // A probe that is due and has to wait for another's end is let through by the bell of that.
            Phase::HalfOpen(Probing { until, next, .. }) => Some(
                next.filter(|next| *next > now)
                    .map_or(*until, |next| next.min(*until)),
            ),
            Phase::Forced { state, .. } => match state {
                State::MetricsOnly => self.window.next_tick(),
                _ => None,
            },
        }
    }

    /// The fewest further bad calls, failed or slow, that could cross the rates before the next tick; `None` where no
    /// number could, or the rules are off. Zero where good calls alone could, by reaching the minimum of calls, or where
    /// only runs decide.
    pub fn fuse(&self) -> Option<u64> {
        match self.phase {
            Phase::Closed => trip::fuse(&self.policy, self.window.totals()),
            _ => None,
        }
    }

    /// The rules, as the gate is told them: none of them where nothing may follow from a call.
    pub(super) fn rules(&self) -> Rules {
        match self.phase {
            Phase::Forced { .. } => Rules::default(),
            _ => trip::rules(&self.policy),
        }
    }

    /// What the window held when it was last observed. While open: what it held at the trip.
    pub(crate) fn window(&self) -> &Basis {
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
            _ => None,
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
    pub(super) fn half_open(now: Now, policy: &BreakerPolicy) -> Self {
        Self::HalfOpen(Probing {
            until: now.elapsed.saturating_add(policy.half_open.max_stay),
            next: None,
            grants: false,
        })
    }

    pub(super) fn state(&self) -> State {
        match self {
            Self::Closed => State::Closed,
            Self::Open(_) => State::Open,
            Self::HalfOpen(_) => State::HalfOpen,
            Self::Forced { state, .. } => *state,
        }
    }
}
