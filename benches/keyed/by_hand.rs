//! Breakers for keys as one writes them in an afternoon: a map of another crate's breakers. Each takes the breaker out of
//! the map, by a count of references, so that no lock is held during the call.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dashmap::DashMap;
use failsafe::failure_policy::{self, ConsecutiveFailures};
use failsafe::{CircuitBreaker as _, Config, StateMachine, backoff};
use recloser::Recloser;

use crate::contestants::{ByKey, CallError, Failed};

/// Longer than the bench runs.
pub(crate) const LONG: Duration = Duration::from_secs(3_600);

type Failsafe = StateMachine<ConsecutiveFailures<backoff::Constant>, ()>;

fn failsafe() -> Failsafe {
    let policy = failure_policy::consecutive_failures(7, backoff::constant(LONG));
    Config::new().failure_policy(policy).build()
}

fn through(breaker: &Failsafe, call: impl FnOnce() -> Result<u64, Failed>) -> Result<u64, CallError<()>> {
    breaker.call(call).map_err(|error| match error {
        failsafe::Error::Inner(failed) => CallError::Failed(failed),
        failsafe::Error::Rejected => CallError::Refused(()),
    })
}

/// One lock around all of them.
#[derive(Default)]
pub(crate) struct MutexOfFailsafe(Mutex<HashMap<String, Failsafe>>);

impl ByKey for MutexOfFailsafe {
    type Refusal = ();

    #[inline]
    fn call(&self, key: &str, call: impl FnOnce() -> Result<u64, Failed>) -> Result<u64, CallError<()>> {
        let breaker = {
            let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            match map.get(key) {
                Some(known) => known.clone(),
                None => map.entry(key.to_owned()).or_insert_with(failsafe).clone(),
            }
        };
        through(&breaker, call)
    }
}

/// A map with a lock for each part of it.
#[derive(Default)]
pub(crate) struct DashMapOfFailsafe(DashMap<String, Failsafe>);

impl ByKey for DashMapOfFailsafe {
    type Refusal = ();

    #[inline]
    fn call(&self, key: &str, call: impl FnOnce() -> Result<u64, Failed>) -> Result<u64, CallError<()>> {
        let known = self.0.get(key).map(|known| known.clone());
        let breaker = known.unwrap_or_else(|| self.0.entry(key.to_owned()).or_insert_with(failsafe).clone());
        through(&breaker, call)
    }
}

/// The same, of breakers that keep the last 100 calls.
#[derive(Default)]
pub(crate) struct DashMapOfRecloser(DashMap<String, Arc<Recloser>>);

fn recloser() -> Arc<Recloser> {
    let breaker = Recloser::custom().error_rate(0.5).closed_len(100).open_wait(LONG);
    Arc::new(breaker.build())
}

impl ByKey for DashMapOfRecloser {
    type Refusal = ();

    #[inline]
    fn call(&self, key: &str, call: impl FnOnce() -> Result<u64, Failed>) -> Result<u64, CallError<()>> {
        let known = self.0.get(key).map(|known| Arc::clone(&known));
        let breaker =
            known.unwrap_or_else(|| Arc::clone(&self.0.entry(key.to_owned()).or_insert_with(recloser)));
        breaker.call(call).map_err(|error| match error {
            recloser::Error::Inner(failed) => CallError::Failed(failed),
            recloser::Error::Rejected => CallError::Refused(()),
        })
    }
}
