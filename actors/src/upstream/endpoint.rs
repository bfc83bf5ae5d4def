//! One address of an upstream.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use hedgerow_config::EndpointAddr;
use hedgerow_gate::{Gate, Permit, State, Tally};
use hedgerow_supervisor::Clock;
use hedgerow_view::upstream::EndpointView;

use super::roll::{Exclusion, Exclusions, Roll};
use crate::balance::Load;
use crate::breaker::{BreakerHandle, state};
use crate::health::Vitals;
use crate::keyed::KeyGate;
use crate::outlier::{Ends, Monitor};
use crate::reputation;

const STARTED: usize = 0;
const SUCCEEDED: usize = 1;
const FAILED: usize = 2;
const CANCELLED: usize = 3;
const BROKEN: usize = 4;
const RESENT: usize = 5;

/// One address of an upstream, with its breaker and its figures. It belongs to the place in the tree and outlives
/// every restart there.
pub struct Endpoint {
    addr: EndpointAddr,
    /// Written when its source gives it another; so is the priority.
    weight: AtomicU32,
    priority: AtomicU16,
    /// When it joined, where its upstream served by then.
    joined: Option<Duration>,
    clock: Clock,
    guarded_by: GuardedBy,
    exclusions: Exclusions,
    load: Load,
    calls: Tally<6>,
    dials: Tally<2>,
    /// Written when a connection is shelved or taken: by the thread that owns it, rarely by two at once.
    idle: AtomicU64,
    /// Written once.
    left: AtomicBool,
    /// Where its upstream looks for outliers.
    monitor: Option<Monitor>,
    /// Where it is asked whether it is well.
    vitals: Option<Vitals>,
    /// Who keeps what its failures teach, where somebody does.
    reputation: Option<Arc<reputation::Alarm>>,
}

/// What an endpoint is to get of the calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// How much, beside the others of its priority; at least 1.
    pub weight: u32,
    /// The lowest number is the best: the others get calls where nobody of a better one is available.
    pub priority: u16,
}

impl Default for Share {
    /// As much as others, of the best priority.
    fn default() -> Self {
        Self {
            weight: 1,
            priority: 0,
        }
    }
}

/// An endpoint that was found, by a config or elsewhere.
pub(super) struct Found {
    pub(super) addr: EndpointAddr,
    pub(super) share: Share,
    /// When it joined, where its upstream served by then: it may be brought to its share slowly.
    pub(super) joined: Option<Duration>,
}

/// Whose breaker hears of what becomes of its calls.
pub(super) enum GuardedBy {
    /// Its own.
    Own(BreakerHandle),
    /// The upstream's.
    Upstream(BreakerHandle),
    /// That of the key which a call came under.
    Key,
}

/// What is known of an endpoint beside its breaker.
#[derive(Default)]
pub(super) struct Care {
    pub(super) monitor: Option<Monitor>,
    pub(super) vitals: Option<Vitals>,
    pub(super) reputation: Option<Arc<reputation::Alarm>>,
}

/// What became of a dial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dial {
    /// A connection was opened.
    Opened,
    /// None was.
    Failed,
}

impl Endpoint {
    pub(super) fn new(
        found: Found,
        guarded_by: GuardedBy,
        care: Care,
        (clock, roll): (Clock, &Arc<Roll>),
    ) -> Self {
        if let GuardedBy::Own(breaker) = &guarded_by {
            breaker.count_among(Arc::clone(&roll.half_open));
        }
        let Found { addr, share, joined } = found;
        let Care {
            monitor,
            vitals,
            reputation,
        } = care;
        Self {
            addr,
            weight: AtomicU32::new(share.weight),
            priority: AtomicU16::new(share.priority),
            joined,
            clock,
            guarded_by,
            exclusions: Exclusions::none(Arc::clone(roll)),
            load: Load::default(),
            calls: Tally::default(),
            dials: Tally::default(),
            idle: AtomicU64::new(0),
            left: AtomicBool::new(false),
            monitor,
            vitals,
            reputation,
        }
    }

    /// Whether it is left out of the choice, where `panics` says that it does not count who is ejected or unhealthy. An ejection
    /// whose time is over is none, whether or not anybody has taken it back.
    #[inline]
    pub(super) fn is_excluded(&self, panics: bool) -> bool {
        self.exclusions.hold(panics, || self.is_ejection_over())
    }

    fn is_ejection_over(&self) -> bool {
        self.monitor.as_ref().is_some_and(Monitor::is_over)
    }

    pub(crate) fn monitor(&self) -> Option<&Monitor> {
        self.monitor.as_ref()
    }

    pub(crate) fn vitals(&self) -> Option<&Vitals> {
        self.vitals.as_ref()
    }

    /// How its calls ended; one that broke off has failed.
    pub(crate) fn ends(&self) -> Ends {
        let [_, successes, failures, _, broken, _] = self.calls.sums();
        Ends {
            successes: successes.saturating_sub(broken),
            failures: failures + broken,
        }
    }

    /// Whether its upstream has it no more: a connection to it is of no further use.
    #[inline]
    pub fn has_left(&self) -> bool {
        self.left.load(Ordering::Relaxed)
    }

    pub(super) fn leave(&self) {
        self.left.store(true, Ordering::Relaxed);
        self.exclusions.clear();
    }

    /// Leaves it out of the choice, for this reason. What is under way ends as it would.
    ///
    /// Where too few endpoints are left (`outlier.panicBelow`), those that are ejected or unhealthy are chosen all the same.
    pub fn exclude(&self, exclusion: Exclusion) {
        // Who has left is chosen no more anyway, and is to count nowhere.
        if !self.has_left() {
            self.exclusions.add(exclusion);
        }
    }

    /// This reason to leave it out holds no more.
    pub fn readmit(&self, exclusion: Exclusion) {
        self.exclusions.remove(exclusion);
    }

    /// How much of the calls it gets beside the others.
    pub fn weight(&self) -> u32 {
        self.weight.load(Ordering::Relaxed)
    }

    /// For when it gets calls: the lowest number is the best priority.
    pub fn priority(&self) -> u16 {
        self.priority.load(Ordering::Relaxed)
    }

    pub(super) fn share(&self) -> Share {
        Share {
            weight: self.weight(),
            priority: self.priority(),
        }
    }

    /// Gives it another share. Who chooses sees it with the next set of endpoints.
    pub(super) fn assign(&self, Share { weight, priority }: Share) {
        self.weight.store(weight.max(1), Ordering::Relaxed);
        self.priority.store(priority, Ordering::Relaxed);
    }

    /// What keys are led to.
    pub(super) fn name(&self) -> &str {
        self.addr.as_str()
    }

    #[inline]
    pub(super) fn joined(&self) -> Option<Duration> {
        self.joined
    }

    #[inline]
    pub(super) fn exclusions(&self) -> &Exclusions {
        &self.exclusions
    }

    /// What it has under way and how fast it answers, as far as that was measured.
    #[inline]
    pub(crate) fn load(&self) -> &Load {
        &self.load
    }

    pub(super) fn clock(&self) -> Clock {
        self.clock
    }

    /// Whether its own breaker would admit an attempt.
    #[inline]
    pub(super) fn admits(&self) -> bool {
        self.breaker()
            .is_none_or(|breaker| breaker.gate().shut().is_none())
    }

    /// Whether its own breaker is closed.
    pub(super) fn is_well(&self) -> bool {
        self.breaker()
            .is_none_or(|breaker| breaker.gate().state() == State::Closed)
    }

    /// Its address, as configured.
    pub fn addr(&self) -> EndpointAddr {
        self.addr.clone()
    }

    pub(crate) fn is_at(&self, addr: &EndpointAddr) -> bool {
        self.addr == *addr
    }

    /// Its breaker, where each endpoint has one.
    pub fn breaker(&self) -> Option<&BreakerHandle> {
        match &self.guarded_by {
            GuardedBy::Own(breaker) => Some(breaker),
            GuardedBy::Upstream(_) | GuardedBy::Key => None,
        }
    }

    /// Counts an answer that broke off after its head: the call was a success at its head, and is none. The breaker that
    /// admitted it, by `key` where there is one for each, hears of one failure more, whatever state it is in by now.
    pub fn count_broken_answer(&self, key: Option<&KeyGate>) {
        self.calls.add(BROKEN);
        let gate: Option<&Gate> = match (&self.guarded_by, key) {
            (GuardedBy::Own(breaker) | GuardedBy::Upstream(breaker), _) => Some(breaker.gate()),
            (GuardedBy::Key, Some(key)) => Some(key),
            (GuardedBy::Key, None) => None,
        };
        if let Some(Ok(permit)) = gate.map(Permit::acquire) {
            permit.failure();
        }
        if let Some(monitor) = &self.monitor {
            monitor.end_broken();
        }
    }

    /// Counts a request that is sent once more, on a fresh connection, because a used one ended in silence.
    pub fn count_resent(&self) {
        self.calls.add(RESENT);
    }

    /// Counts a dial.
    pub fn count_dial(&self, dial: Dial) {
        self.dials.add(match dial {
            Dial::Opened => 0,
            Dial::Failed => 1,
        });
    }

    /// Counts a connection that was put on a shelf.
    pub fn shelved(&self) {
        self.idle.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a connection that was taken off a shelf.
    pub fn unshelved(&self) {
        self.idle.fetch_sub(1, Ordering::Relaxed);
    }

    /// A call has failed, and that is in its load.
    pub(super) fn failed(&self) {
        if let Some(reputation) = &self.reputation {
            reputation.failed();
        }
    }

    pub(super) fn begin(&self) {
        self.calls.add(STARTED);
    }

    pub(super) fn end(&self, end: End) {
        self.calls.add(match end {
            End::Succeeded => SUCCEEDED,
            End::Failed => FAILED,
            End::Cancelled => CANCELLED,
        });
    }

    /// Whether a connection to it was ever opened for a call, or a call has succeeded there.
    pub(crate) fn was_reached(&self) -> bool {
        self.calls.sums()[SUCCEEDED] > 0 || self.dials.sums()[0] > 0
    }

    /// The state that its calls meet; closed where that depends on their key.
    fn state(&self) -> State {
        match &self.guarded_by {
            GuardedBy::Own(breaker) | GuardedBy::Upstream(breaker) => breaker.gate().state(),
            GuardedBy::Key => State::Closed,
        }
    }

    pub(super) fn view(&self) -> EndpointView {
        let [started, successes, failures, cancelled, broken, resent] = self.calls.sums();
        let (monitor, vitals) = (self.monitor.as_ref(), self.vitals.as_ref());
        let (health_checks, health_check_failures) = vitals.map_or((0, 0), Vitals::counts);
        let [opened, dial_failures] = self.dials.sums();
        EndpointView {
            addr: self.addr.to_string(),
            state: state(self.state()),
            weight: self.weight(),
            priority: self.priority(),
            excluded: self.exclusions.names(|| self.is_ejection_over()),
            ewma_ms: self.load.average(self.clock.now()).map(in_ms),
            // The sums are read one after another while calls go on.
            in_flight: started.saturating_sub(successes + failures + cancelled),
            successes: successes.saturating_sub(broken),
            failures: failures + broken,
            dials: opened + dial_failures,
            dial_failures,
            resent,
            broken_answers: broken,
            idle: self.idle.load(Ordering::Relaxed),
            ejected_until: monitor.and_then(Monitor::shown_until),
            ejections: monitor.map_or(0, Monitor::ejections),
            health: vitals.map(|vitals| vitals.health().name()),
            health_checks,
            health_check_failures,
        }
    }
}

/// To a microsecond.
fn in_ms(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Succeeded,
    Failed,
    Cancelled,
}
