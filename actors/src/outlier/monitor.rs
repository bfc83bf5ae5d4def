//! What is known of one endpoint: written where its calls end, read by its upstream's outlier actor, and the other way round.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use hedgerow_config::{OutlierPolicy, Scope};
use hedgerow_gate::Bell as _;
use hedgerow_supervisor::Clock;
use hedgerow_view::Stamp;

use super::latencies::{Histogram, Latencies};
use super::streak::{Life, Streak};
use crate::bell::LateBell;
use crate::breaker::Counted;

/// Belongs to the endpoint: no restart of the actor loses any of it.
pub(crate) struct Monitor {
    clock: Clock,
    alarm: Arc<Alarm>,
    streak: Option<Streak>,
    latencies: Option<Latencies>,
    /// When its ejection ends, in nanoseconds since the mesh's epoch; 0 where it is not ejected. The owner writes it, and each
    /// choice of an endpoint reads it.
    ejected_until: AtomicU64,
    /// The owner's alone.
    times: AtomicU32,
    ejections: AtomicU64,
}

/// How the calls to an upstream's endpoints wake its outlier actor.
pub(crate) struct Alarm {
    pub(super) bell: LateBell,
    /// Whether the next call is to ring. Written when the actor goes to rest, and by the call that wakes it.
    is_resting: AtomicBool,
}

/// What a call remembers from its beginning to its end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Watched {
    life: Option<Life>,
    at: Option<Duration>,
}

impl Monitor {
    /// `None` where no rule is on.
    pub(crate) fn new(policy: &OutlierPolicy, per: Scope, clock: Clock, alarm: &Arc<Alarm>) -> Option<Self> {
        policy.is_on(per).then(|| Self {
            clock,
            alarm: Arc::clone(alarm),
            streak: policy.consecutive.under(per).map(Streak::new),
            latencies: policy.latency.map(|_| Latencies::default()),
            ejected_until: AtomicU64::new(0),
            times: AtomicU32::new(0),
            ejections: AtomicU64::new(0),
        })
    }

    /// A call begins. The clock is read only where there is a rule on latency.
    #[inline]
    pub(crate) fn begin(&self) -> Watched {
        Watched {
            life: self.streak.as_ref().map(Streak::life),
            at: self.latencies.as_ref().map(|_| self.clock.now()),
        }
    }

    /// A call has ended so. It has been counted already.
    #[inline]
    pub(crate) fn end(&self, Watched { life, at }: Watched, counted: Counted) {
        if let (Some(latencies), Some(at)) = (&self.latencies, at)
            // How soon one fails says nothing of how fast it is.
            && matches!(counted, Counted::Success | Counted::Timeout)
        {
            latencies.add(self.clock.now().saturating_sub(at));
        }
        if let (Some(streak), Some(life)) = (&self.streak, life) {
            match counted {
                Counted::Success => streak.success(life),
                Counted::Failure | Counted::Timeout => self.fail(streak, life),
                Counted::Nothing => {}
            }
        }
        self.alarm.stir();
    }

    /// A call that had succeeded has failed after all.
    pub(crate) fn end_broken(&self) {
        if let Some(streak) = &self.streak {
            self.fail(streak, streak.life());
        }
        self.alarm.stir();
    }

    fn fail(&self, streak: &Streak, life: Life) {
        if streak.failure(life) {
            self.alarm.bell.ring();
        }
    }

    /// Whether its time is over where it was ejected; nobody need have brought it back.
    pub(crate) fn is_over(&self) -> bool {
        self.published().is_some_and(|until| until <= self.clock.now())
    }

    /// When its ejection ends, by the wall clock, where it is ejected at present.
    pub(crate) fn shown_until(&self) -> Option<Stamp> {
        let left = self.published()?.checked_sub(self.clock.now())?;
        (!left.is_zero()).then(|| (self.clock.wall() + left).into())
    }

    /// When its ejection ends, where it is ejected at present.
    pub(crate) fn ejected_until(&self) -> Option<Duration> {
        self.published().filter(|until| *until > self.clock.now())
    }

    /// How many times `ejectFor` its last ejection was, less one for each quiet interval since.
    pub(crate) fn times(&self) -> u32 {
        self.times.load(Ordering::Relaxed)
    }

    /// Goes on from what a former life of the process knew, unless it is ejected in this one. That counts as no ejection.
    pub(crate) fn recall(&self, until: Option<Duration>, times: u32) {
        if self.published().is_none() {
            self.times.store(times, Ordering::Relaxed);
            if let Some(until) = until {
                self.publish(until);
            }
        }
    }

    /// How often it has been ejected.
    pub(crate) fn ejections(&self) -> u64 {
        self.ejections.load(Ordering::Relaxed)
    }
}

/// What is the owner's.
impl Monitor {
    /// The end of the ejection that was published last, unless it was taken back.
    pub(super) fn published(&self) -> Option<Duration> {
        match self.ejected_until.load(Ordering::Acquire) {
            0 => None,
            until => Some(Duration::from_nanos(until)),
        }
    }

    pub(super) fn run(&self) -> u32 {
        self.streak.as_ref().map_or(0, Streak::longest)
    }

    pub(super) fn latencies(&self) -> Histogram {
        self.latencies
            .as_ref()
            .map(Latencies::histogram)
            .unwrap_or_default()
    }

    /// Has it left out until then.
    pub(super) fn eject(&self, until: Duration, times: u32) {
        self.times.store(times, Ordering::Relaxed);
        self.ejections.fetch_add(1, Ordering::Relaxed);
        self.publish(until);
        self.begin_anew();
    }

    fn publish(&self, until: Duration) {
        let until = u64::try_from(until.as_nanos()).unwrap_or(u64::MAX).max(1);
        self.ejected_until.store(until, Ordering::Release);
    }

    pub(super) fn bring_back(&self) {
        self.begin_anew();
        self.ejected_until.store(0, Ordering::Release);
    }

    pub(super) fn calm(&self, times: u32) {
        self.times.store(times, Ordering::Relaxed);
    }

    /// What is under way says nothing in what follows.
    pub(super) fn begin_anew(&self) {
        if let Some(streak) = &self.streak {
            streak.begin();
        }
    }
}

impl Alarm {
    /// Of a mesh that has just begun: where shares are looked at, the first call rings.
    pub(crate) fn new(policy: &OutlierPolicy) -> Self {
        Self {
            bell: LateBell::default(),
            is_resting: AtomicBool::new(policy.compares()),
        }
    }

    /// Has the endpoints looked at.
    pub(crate) fn ring(&self) {
        self.bell.ring();
    }

    /// A call has ended.
    #[inline]
    fn stir(&self) {
        if self.is_resting.load(Ordering::Relaxed) && self.is_resting.swap(false, Ordering::AcqRel) {
            self.bell.ring();
        }
    }

    /// Has the next call ring. One that ends at the same instant may not: then the one after it does.
    pub(super) fn rest(&self) {
        self.is_resting.store(true, Ordering::Release);
    }

    pub(super) fn is_resting(&self) -> bool {
        self.is_resting.load(Ordering::Acquire)
    }
}
