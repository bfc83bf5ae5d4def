//! What callers hold of a breaker.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use hedgerow_gate::{Gate, Permit, Shut, State, Sums};
use hedgerow_supervisor::Inspect;
use hedgerow_view::{BreakerView, Identity, Path, Refusal, View};

use super::actor::BreakerSlot;
use crate::CallError;

/// A breaker, as its callers hold it. Cheap to clone, usable from any thread and runtime, good for as long as the
/// mesh lives. A call through it sends no message.
#[derive(Clone)]
pub struct BreakerHandle {
    pub(super) slot: Arc<BreakerSlot>,
}

impl BreakerHandle {
    /// Makes one call, unless the breaker is open. An `Err` of `call` is a failure, and comes back untouched.
    ///
    /// # Errors
    /// [`CallError::Refused`] without having made the call, or [`CallError::Failed`] with the call's own error.
    ///
    /// # Cancel safety
    /// Dropped before the end, the call counts as never made. So does one that panics: the panic goes on to the
    /// caller, and says nothing about the callee.
    pub async fn call<T, E, F>(&self, call: impl FnOnce() -> F) -> Result<T, CallError<E>>
    where
        F: Future<Output = Result<T, E>>,
    {
        let permit =
            Permit::acquire(&*self.slot.gate).map_err(|shut| CallError::Refused(self.refusal(shut)))?;
        match call().await {
            Ok(value) => {
                permit.success();
                Ok(value)
            }
            Err(error) => {
                permit.failure();
                Err(CallError::Failed(error))
            }
        }
    }

    /// The gate that calls go through.
    pub fn gate(&self) -> &Arc<Gate> {
        &self.slot.gate
    }

    /// Who it is.
    pub fn id(&self) -> &Identity {
        &self.slot.id
    }

    /// Calls that ended while it was closed.
    pub fn sums(&self) -> Sums {
        self.slot.owner.sums()
    }

    /// Why a call was refused: by the rule that opened the breaker, or because all probes are under way.
    pub fn refusal(&self, shut: Shut) -> Refusal {
        let id = self.slot.id.to_string();
        let shown = self.slot.shown.load();
        let refusal = match (shut.state(), &shown.last_cause) {
            (State::HalfOpen, _) => {
                let permits = shown.policy.half_open_permits.to_string();
                Refusal::new(id, "halfOpen.permits", &*permits, &*permits)
            }
            (_, Some([rule, limit, observed])) => Refusal::new(id, rule, limit, observed),
            (state, None) => Refusal::new(id, "breaker", State::Closed.name(), state.name()),
        };
        match shut.retry_at() {
            Some(at) => refusal.retry_after(at.saturating_sub(self.slot.clock.now())),
            None => refusal,
        }
    }
}

impl Inspect for BreakerHandle {
    fn view(&self, path: &Path) -> View {
        let shown = self.slot.shown.load();
        View::Breaker(BreakerView {
            id: self.slot.id.clone(),
            path: path.clone(),
            state: shown.state,
            fenced: false,
            // 0 is no save.
            persisted: shown.save != 0 && self.slot.kept.load(Ordering::Acquire) >= shown.save,
            since: shown.since.into(),
            half_open_at: shown.half_open_at.map(Into::into),
            window: shown.window,
            policy: shown.policy.clone(),
            last_transition: shown.last_transition.clone(),
        })
    }
}

impl fmt::Debug for BreakerHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BreakerHandle")
            .field("id", &self.slot.id.to_string())
            .finish_non_exhaustive()
    }
}
