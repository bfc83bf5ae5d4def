//! One call to an upstream: one outcome, however many attempts it takes.

use std::time::Duration;

use hedgerow_view::Refusal;

use super::attempt::Attempt;
use super::guard::{CallKeys, Pass};
use super::pick::Reach;
use super::slot::UpstreamSlot;
use super::tried::Tried;
use crate::breaker::Began;
use crate::keyed::KeyGate;
use crate::retry::{Elsewhere, Pushback};
use crate::verdict::Verdict;

/// The right to make one call: what stands in front of the upstream as a whole has admitted it. Make attempts, and report how
/// the call ended; dropped, it counts as cancelled.
///
/// The breaker of the upstream, route or tenant hears of the call, an endpoint's of its attempts.
#[must_use = "dropped, the call counts as never made"]
pub struct Call<'a> {
    slot: &'a UpstreamSlot,
    admitted: Option<(Pass<'a>, Began)>,
    attempts: u32,
    hash: Option<u64>,
    tried: Tried,
}

impl<'a> Call<'a> {
    pub(super) fn enter(slot: &'a UpstreamSlot, keys: &CallKeys<'_>) -> Result<Self, Refusal> {
        match slot.guard.admit(keys) {
            Ok(pass) => Ok(Self {
                slot,
                admitted: pass.map(|pass| {
                    let began = pass.meter.began(&pass.permit);
                    (pass, began)
                }),
                attempts: 0,
                hash: keys.hash,
                tried: Tried::default(),
            }),
            Err(refusal) => {
                slot.count_refused();
                Err(refusal)
            }
        }
    }

    /// Chooses an endpoint for one attempt: one that probes first, else whom the upstream's balancer chooses among those whose
    /// breakers admit it. One that this call has tried already comes last.
    ///
    /// # Errors
    /// The refusal, where none does.
    pub fn attempt(&mut self) -> Result<Attempt, Refusal> {
        self.attempt_at(Reach::Any)
    }

    /// Chooses an endpoint that this call has not tried, as [`attempt`](Self::attempt) does.
    ///
    /// # Errors
    /// The refusal, where no such one admits it.
    fn attempt_elsewhere(&mut self) -> Result<Attempt, Refusal> {
        self.attempt_at(Reach::Untried)
    }

    /// Chooses an endpoint for an attempt after a failure: another one where there is one. Where a callee has asked for time,
    /// and there was another endpoint, it is not asked again.
    ///
    /// # Errors
    /// The refusal, where none admits it.
    pub fn attempt_again(&mut self, pushback: Pushback, elsewhere: Elsewhere) -> Result<Attempt, Refusal> {
        match (pushback, elsewhere) {
            (Pushback::After(_), Elsewhere::Open) => self.attempt_elsewhere(),
            _ => self.attempt(),
        }
    }

    /// Whether there is an endpoint that this call has not tried and that admits attempts by now.
    pub fn elsewhere(&self) -> Elsewhere {
        self.slot.elsewhere(&self.tried)
    }

    fn attempt_at(&mut self, reach: Reach) -> Result<Attempt, Refusal> {
        let attempt = self.slot.attempt(self.hash, &self.tried, reach);
        if self.attempts == 0 {
            match &attempt {
                Ok(_) => self.slot.count_admitted(),
                Err(_) => self.slot.count_refused(),
            }
        }
        if let Ok(attempt) = &attempt {
            self.tried.add(attempt.endpoint());
            self.attempts += 1;
        }
        attempt
    }

    /// The name of the upstream.
    pub(super) fn upstream(&self) -> &str {
        self.slot.id.name()
    }

    /// How many attempts were begun.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The gate of the key that it was admitted under, where there is a breaker for each key: for
    /// [`Endpoint::count_broken_answer`](super::Endpoint::count_broken_answer).
    pub fn key(&self) -> Option<&KeyGate> {
        let (pass, _) = self.admitted.as_ref()?;
        pass.key.as_ref()
    }

    /// How long the call may take where any may take `timeout`: a probe is given less.
    pub fn limit(&self, timeout: Duration) -> Duration {
        let admitted = self.admitted.as_ref();
        let probe = admitted.and_then(|(pass, _)| pass.meter.timeout(&pass.permit));
        probe.map_or(timeout, |probe| probe.min(timeout))
    }

    /// Says how the call ended, by the verdict on its last attempt. Time is judged here as well, as of the whole call.
    pub fn report(self, verdict: Verdict) {
        if let Some((Pass { permit, meter, .. }, began)) = self.admitted {
            meter.report(meter.timed(permit, began), verdict);
        }
    }
}
