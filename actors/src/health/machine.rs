//! One check of one endpoint: when it is made, and what its results come to.

use std::time::Duration;

use hedgerow_config::HealthCheck;
use hedgerow_supervisor::Jitter;

use super::vitals::Health;
use crate::verdict::STANDSTILL;

/// One check of one endpoint. It reads no clock: `now` is time since the mesh's epoch.
///
/// ```
/// use std::time::Duration;
/// use hedgerow_actors::health::{Answer, Health, Checkup};
/// use hedgerow_config::{HealthCheck, HealthCheckKind};
///
/// let mut checkup = Checkup::new(HealthCheck::new(HealthCheckKind::Tcp), Health::Unknown, 7, Duration::ZERO);
/// let due = checkup.due().expect("it is to be made");
/// assert!(checkup.begin(due));
/// let turn = checkup.end(due + Duration::from_millis(3), Answer::Failed).expect("the first result decides");
/// assert_eq!(turn.to, Health::Unhealthy);
/// ```
#[derive(Debug)]
pub struct Checkup {
    check: HealthCheck,
    health: Health,
    /// Results in a row that speak against `health`.
    against: u32,
    luck: Jitter,
    due: Duration,
    /// When the check that is under way was begun.
    begun: Option<Duration>,
}

/// What a check came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The endpoint is well.
    Passed,
    /// It is not, or does not say.
    Failed,
}

/// A change of health.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// What it is now.
    pub to: Health,
    /// Results in a row that it took.
    pub limit: u32,
}

impl Checkup {
    /// One that goes on from this health; its first check is soon.
    pub fn new(check: HealthCheck, health: Health, seed: u64, now: Duration) -> Self {
        let mut luck = Jitter::new(seed);
        let spread = check.every.mul_f64(share(check.jitter) * luck.unit());
        Self {
            check,
            health,
            against: 0,
            luck,
            due: now.saturating_add(spread),
            begun: None,
        }
    }

    /// The check that it makes.
    pub fn check(&self) -> &HealthCheck {
        &self.check
    }

    /// When the next one is due; `None` while one is under way.
    pub fn due(&self) -> Option<Duration> {
        self.begun.is_none().then_some(self.due)
    }

    /// Whether it is to be made now; then it is under way.
    ///
    /// One that is noticed long after it was due is put off instead, by a random part of the interval: this process stood
    /// still, and all checks of all endpoints are overdue alike.
    pub fn begin(&mut self, now: Duration) -> bool {
        if self.begun.is_some() || now < self.due {
            return false;
        }
        if now > self.due.saturating_add(STANDSTILL) {
            let later = self.check.every.mul_f64(self.luck.unit());
            self.due = now.saturating_add(later.max(Duration::from_millis(1)));
            return false;
        }
        self.begun = Some(now);
        true
    }

    /// The one that is under way has come to this. What follows, where its health turns.
    ///
    /// One that failed long after its time was over says nothing: this process stood still meanwhile.
    pub fn end(&mut self, now: Duration, answer: Answer) -> Option<Turn> {
        let begun = self.begun.take()?;
        let pause = self
            .check
            .every
            .mul_f64(1.0 - share(self.check.jitter) * self.luck.unit());
        self.due = begun.saturating_add(pause).max(now);
        let took = now.saturating_sub(begun);
        let is_ours = took > self.check.timeout.saturating_add(STANDSTILL);
        if is_ours && answer == Answer::Failed {
            return None;
        }
        let (speaks_for, limit) = match answer {
            Answer::Passed => (Health::Healthy, self.check.healthy_after),
            Answer::Failed => (Health::Unhealthy, self.check.unhealthy_after),
        };
        if self.health == speaks_for {
            self.against = 0;
            return None;
        }
        let limit = if self.health == Health::Unknown { 1 } else { limit };
        self.against = self.against.saturating_add(1);
        if self.against < limit {
            return None;
        }
        self.against = 0;
        self.health = speaks_for;
        Some(Turn {
            to: speaks_for,
            limit,
        })
    }
}

fn share(of_config: f64) -> f64 {
    of_config.clamp(0.0, 1.0)
}
