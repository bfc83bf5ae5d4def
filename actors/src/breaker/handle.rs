//! What callers hold of a breaker.

use std::fmt;
use std::future::Future;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use hedgerow_config::BreakerPolicy;
use hedgerow_gate::{Gate, Permit, Shut, State, Sums};
use hedgerow_supervisor::{AskError, Doorbell, Handle, Inspect};
use hedgerow_view::{BreakerView, Identity, Path, Refusal, View};

use super::actor::Breaker;
use super::half_open::HalfOpenGates;
use super::messages::{Instruct, Retune};
use super::slot::BreakerSlot;
use super::{CallMeter, Instruction, Transition};
use crate::CallError;
use crate::verdict::{self, Verdict};

/// A breaker, as its callers hold it. Cheap to clone, usable from any thread and runtime, good for as long as the
/// mesh lives. A call through it sends no message.
#[derive(Clone)]
pub struct BreakerHandle {
    pub(crate) slot: Arc<BreakerSlot>,
    pub(super) actor: Handle<Breaker>,
}

/// The characters of an author that are kept.
pub const LONGEST_AUTHOR: usize = 200;

impl BreakerHandle {
    /// Makes one call, unless the breaker is open. An `Err` of `call` is a failure, and comes back untouched. A probe that
    /// takes longer than `halfOpen.timeout`, or is slow where `slowCall` is on, counts as a time-out, whatever it brings,
    /// and is not cut short.
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
        self.call_judged(verdict::of_result, call).await
    }

    /// Makes one call, unless the breaker is open, and has `judge` say how it ended: an `Ok` can be a failure, an `Err` a
    /// success, a time-out, or [ignored](crate::verdict::Outcome::Ignored). The result comes back untouched. Slow calls and
    /// late probes are judged by their time, as in [`call`](Self::call), whatever the verdict; an ignored call counts
    /// nothing.
    ///
    /// `judge` is a classifier of [`verdict`], or a closure. Its own time counts as the call's.
    ///
    /// # Errors
    /// [`CallError::Refused`] without having made the call, or [`CallError::Failed`] with the call's own error.
    ///
    /// # Cancel safety
    /// As [`call`](Self::call), also where `judge` panics.
    pub async fn call_judged<T, E, F>(
        &self,
        judge: impl FnOnce(&Result<T, E>) -> Verdict,
        call: impl FnOnce() -> F,
    ) -> Result<T, CallError<E>>
    where
        F: Future<Output = Result<T, E>>,
    {
        let permit =
            Permit::acquire(&*self.slot.gate).map_err(|shut| CallError::Refused(self.refusal(shut)))?;
        through(permit, &self.slot.meter, judge, call).await
    }

    /// What measures its calls.
    #[inline]
    pub(crate) fn meter(&self) -> &CallMeter {
        &self.slot.meter
    }

    /// Has the breaker do what an operator says, and answers the move that followed; `None` where it changes nothing. The
    /// move is published when it answers; it is on the disk when it is shown as persisted.
    ///
    /// `author` is who says it: it is told in the event, shown, and kept with a state that is forced. Characters beyond
    /// [`LONGEST_AUTHOR`] are cut off.
    ///
    /// # Errors
    /// [`AskError`] where the breaker's actor does not answer: it is stopped, or falls over it.
    pub async fn instruct(
        &self,
        instruction: Instruction,
        author: &str,
    ) -> Result<Option<Transition>, AskError<Instruct>> {
        let author: String = author.chars().take(LONGEST_AUTHOR).collect();
        let author = author.into();
        self.actor.ask(Instruct { instruction, author }).await
    }

    /// Gives it another policy, which it goes by until the process ends. State and statistics stay.
    ///
    /// # Errors
    /// [`AskError`] where the breaker's actor does not answer: it is stopped, or falls over it.
    pub async fn retune(&self, policy: BreakerPolicy) -> Result<(), AskError<Retune>> {
        self.actor.ask(Retune(policy)).await
    }

    /// Has it count, while it is half-open, as one of these.
    pub(crate) fn count_among(&self, gates: Arc<HalfOpenGates>) {
        self.slot.half_open.join(gates);
    }

    /// A bell at its actor's door.
    pub(crate) fn doorbell(&self) -> Doorbell {
        self.actor.doorbell()
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
            (State::Closed, _) => by_fence(id),
            (State::ForcedOpen, _) => {
                let author = shown.forced_by.as_deref().unwrap_or("an operator");
                Refusal::new(id, "operator", State::ForcedOpen.name(), author)
            }
            (_, Some([rule, limit, observed])) => Refusal::new(id, rule, limit, observed),
            (state, None) => Refusal::new(id, "breaker", State::Closed.name(), state.name()),
        };
        self.slot.meter.retry_after(refusal, shut)
    }
}

/// A caller has crossed the rules, and nobody has looked yet.
pub(crate) fn by_fence(id: String) -> Refusal {
    Refusal::new(id, "fence", State::Closed.name(), "rules crossed")
}

/// Makes one call under a permit, and reports how it ended.
pub(crate) async fn through<G, T, E, F>(
    permit: Permit<G>,
    meter: &CallMeter,
    judge: impl FnOnce(&Result<T, E>) -> Verdict,
    call: impl FnOnce() -> F,
) -> Result<T, CallError<E>>
where
    G: Deref<Target = Gate>,
    F: Future<Output = Result<T, E>>,
{
    let began = meter.began(&permit);
    let result = call().await;
    let verdict = judge(&result);
    meter.report(meter.timed(permit, began), verdict);
    result.map_err(CallError::Failed)
}

impl Inspect for BreakerHandle {
    fn view(&self, path: &Path) -> View {
        let shown = self.slot.shown.load();
        View::Breaker(BreakerView {
            id: self.slot.id.clone(),
            path: path.clone(),
            state: shown.state,
            fenced: self.slot.gate.shut().is_some_and(|shut| shut.is_fenced()),
            // 0 is no save.
            persisted: shown.save != 0 && self.slot.kept.load(Ordering::Acquire) >= shown.save,
            since: shown.since.into(),
            half_open_at: shown.half_open_at.map(Into::into),
            window: shown.window,
            policy: shown.policy.clone().into(),
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
