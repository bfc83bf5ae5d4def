//! How calls are measured.

use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hedgerow_config::BreakerPolicy;
use hedgerow_gate::{Gate, Permit, Shut};
use hedgerow_supervisor::Clock;
use hedgerow_view::Refusal;

/// Measures calls by the times of a policy. Those are written when the policy changes, and read by each call.
#[derive(Debug)]
pub(crate) struct CallMeter {
    clock: Clock,
    /// Nanoseconds; the highest number is off.
    slow_over: AtomicU64,
    probe_timeout: AtomicU64,
}

/// When a call began, where that is to be known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Began(Option<Duration>);

/// A permit whose call has been measured.
#[derive(Debug)]
#[must_use = "the permit is still to be reported"]
pub(crate) enum Timed<G: Deref<Target = Gate>> {
    /// In time; the call's own end decides.
    Within(Permit<G>),
    /// A probe that took too long, by `halfOpen.timeout` or as a slow call: a time-out, whatever it brought.
    Late(Permit<G>),
}

const OFF: u64 = u64::MAX;

impl CallMeter {
    pub(crate) fn new(policy: &BreakerPolicy, clock: Clock) -> Self {
        let meter = Self {
            clock,
            slow_over: AtomicU64::new(OFF),
            probe_timeout: AtomicU64::new(OFF),
        };
        meter.set(policy);
        meter
    }

    pub(crate) fn set(&self, policy: &BreakerPolicy) {
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(OFF);
        let slow_over = policy.slow_call.map_or(OFF, |slow| nanos(slow.over));
        self.slow_over.store(slow_over, Ordering::Relaxed);
        self.probe_timeout
            .store(nanos(policy.half_open.timeout), Ordering::Relaxed);
    }

    /// To be asked when a call begins. It reads the clock only where there is a rule about slow calls, or where the call is
    /// a probe.
    #[inline]
    pub(crate) fn began<G: Deref<Target = Gate>>(&self, permit: &Permit<G>) -> Began {
        let matters = permit.is_probe() || self.slow_over().is_some();
        Began(matters.then(|| self.clock.now()))
    }

    /// Measures a call that has ended: marks its permit where the call was slow, and says whether it was a probe that took
    /// too long. A slow probe has: a callee that answers as slowly as when the breaker opened has not recovered.
    pub(crate) fn timed<G: Deref<Target = Gate>>(&self, permit: Permit<G>, began: Began) -> Timed<G> {
        let Began(Some(began)) = began else {
            return Timed::Within(permit);
        };
        let took = self.clock.now().saturating_sub(began);
        let probe_timeout = Duration::from_nanos(self.probe_timeout.load(Ordering::Relaxed));
        let slow = self.slow_over().is_some_and(|over| took > over);
        let late = permit.is_probe() && (slow || took > probe_timeout);
        let permit = if slow { permit.slow() } else { permit };
        if late {
            Timed::Late(permit)
        } else {
            Timed::Within(permit)
        }
    }

    /// How long a call may take under this permit, where that is less than for any call: `halfOpen.timeout` for a probe.
    #[inline]
    pub(crate) fn timeout<G: Deref<Target = Gate>>(&self, permit: &Permit<G>) -> Option<Duration> {
        let probe_timeout = || Duration::from_nanos(self.probe_timeout.load(Ordering::Relaxed));
        permit.is_probe().then(probe_timeout)
    }

    /// The mesh's time, and the wall's.
    pub(super) fn clock(&self) -> Clock {
        self.clock
    }

    /// A refusal by a gate, with the time after which a new try makes sense, where the gate knows it.
    pub(crate) fn retry_after(&self, refusal: Refusal, shut: Shut) -> Refusal {
        match shut.retry_at() {
            Some(at) => refusal.retry_after(at.saturating_sub(self.clock.now())),
            None => refusal,
        }
    }

    /// A call that takes longer is slow; `None` where the rule is off.
    #[inline]
    fn slow_over(&self) -> Option<Duration> {
        match self.slow_over.load(Ordering::Relaxed) {
            OFF => None,
            nanos => Some(Duration::from_nanos(nanos)),
        }
    }
}
