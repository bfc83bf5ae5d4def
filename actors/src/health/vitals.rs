//! What is known of an endpoint's health.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};

/// What a check, or all checks, say of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// Nothing yet: it is given calls.
    Unknown,
    /// It passes: it is given calls.
    Healthy,
    /// It fails: it is given none.
    Unhealthy,
}

impl Health {
    /// Its name, as in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Healthy => "healthy",
            Self::Unhealthy => "unhealthy",
        }
    }
}

/// The health of one endpoint, by check. It belongs to the endpoint: no restart of the actor loses it. The actor alone writes
/// it.
pub(crate) struct Vitals {
    by_check: Box<[AtomicU8]>,
    /// Whether one check says unhealthy.
    is_unhealthy: AtomicBool,
    checks: AtomicU64,
    failures: AtomicU64,
}

impl Vitals {
    /// Of an endpoint that there are so many checks for; `None` where there is none.
    pub(crate) fn new(checks: usize) -> Option<Self> {
        (checks > 0).then(|| Self {
            by_check: (0..checks).map(|_| AtomicU8::new(0)).collect(),
            is_unhealthy: AtomicBool::new(false),
            checks: AtomicU64::new(0),
            failures: AtomicU64::new(0),
        })
    }

    /// Whether a check says so.
    pub(crate) fn is_unhealthy(&self) -> bool {
        self.is_unhealthy.load(Ordering::Acquire)
    }

    /// What all checks together say.
    pub(crate) fn health(&self) -> Health {
        let mut all = (0..self.by_check.len()).map(|check| self.of(check));
        if self.is_unhealthy() {
            Health::Unhealthy
        } else if all.all(|health| health == Health::Healthy) {
            Health::Healthy
        } else {
            Health::Unknown
        }
    }

    /// What one check says.
    pub(super) fn of(&self, check: usize) -> Health {
        match self.by_check.get(check).map(|word| word.load(Ordering::Acquire)) {
            Some(HEALTHY) => Health::Healthy,
            Some(UNHEALTHY) => Health::Unhealthy,
            _ => Health::Unknown,
        }
    }

    pub(super) fn publish(&self, check: usize, health: Health) {
        if let Some(word) = self.by_check.get(check) {
            word.store(
                match health {
                    Health::Unknown => UNKNOWN,
                    Health::Healthy => HEALTHY,
                    Health::Unhealthy => UNHEALTHY,
                },
                Ordering::Release,
            );
        }
        let mut all = (0..self.by_check.len()).map(|check| self.of(check));
        let is_unhealthy = all.any(|health| health == Health::Unhealthy);
        self.is_unhealthy.store(is_unhealthy, Ordering::Release);
    }

    pub(super) fn count_check(&self) {
        self.checks.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_failure(&self) {
        self.failures.fetch_add(1, Ordering::Relaxed);
    }

    /// How many checks were made, and how many of them failed.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (
            self.checks.load(Ordering::Relaxed),
            self.failures.load(Ordering::Relaxed),
        )
    }
}

const UNKNOWN: u8 = 0;
const HEALTHY: u8 = 1;
const UNHEALTHY: u8 = 2;
