//! What is known of whether an upstream can be reached.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use hedgerow_config::EndpointAddr;

use crate::upstream::Endpoint;

/// So many endpoints are named beside why they could not be dialled.
const NAMED: usize = 4;

/// Whether an endpoint of an upstream was ever reached, and if not, why not. It belongs to the place of the upstream.
pub(crate) struct Contact {
    is_required: bool,
    /// Written once.
    is_made: AtomicBool,
    /// What came of the latest round of dials.
    problem: Mutex<Option<String>>,
}

impl Contact {
    /// With an upstream that must be reached before the mesh is ready, or need not.
    pub(crate) fn with(is_required: bool) -> Self {
        Self {
            is_required,
            is_made: AtomicBool::new(false),
            problem: Mutex::new(None),
        }
    }

    /// Whether one of the endpoints was reached, now or before: by a call as well.
    pub(super) fn is_made(&self, endpoints: &[Arc<Endpoint>]) -> bool {
        let is_made =
            self.is_made.load(Ordering::Relaxed) || endpoints.iter().any(|endpoint| endpoint.was_reached());
        if is_made {
            self.make();
        }
        is_made
    }

    /// Whether it is waited for at all.
    pub(super) fn is_required(&self) -> bool {
        self.is_required
    }

    /// One was reached.
    pub(super) fn make(&self) {
        self.is_made.store(true, Ordering::Relaxed);
    }

    /// None of these could be dialled.
    pub(super) fn fail(&self, failures: &[(EndpointAddr, String)]) {
        let told = told(failures);
        *self.problem.lock().unwrap_or_else(PoisonError::into_inner) = Some(told);
    }

    /// Why the mesh waits for the upstream, if it does.
    pub(crate) fn awaited(&self, endpoints: &[Arc<Endpoint>]) -> Option<String> {
        if !self.is_required || self.is_made(endpoints) {
            return None;
        }
        let problem = self.problem.lock().unwrap_or_else(PoisonError::into_inner);
        let problem = problem.as_deref().unwrap_or("none was dialled to its end yet");
        Some(format!("no endpoint could be dialled yet: {problem}"))
    }
}

/// Each endpoint and why it could not be dialled, cut where there are many.
fn told(failures: &[(EndpointAddr, String)]) -> String {
    if failures.is_empty() {
        return "there is none".to_owned();
    }
    let named: Vec<String> = failures
        .iter()
        .take(NAMED)
        .map(|(addr, why)| format!("{addr} {why}"))
        .collect();
    let mut told = named.join(", ");
    let more = failures.len().saturating_sub(NAMED);
    if more > 0 {
        // Writing to a string cannot fail.
        let _ = write!(told, ", and {more} more");
    }
    told
}
