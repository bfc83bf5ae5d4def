//! What callers hold of a breaker for each key.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use hedgerow_config::BreakerPolicy;
use hedgerow_gate::{Permit, Shut, State};
use hedgerow_supervisor::{AskError, Handle, Inspect};
use hedgerow_view::{KeysView, Path, Refusal, View};

use super::family::Family;
use super::keeper::Keeper;
use super::messages::{Retune, Rouse};
use super::place::KeyGate;
use crate::CallError;
use crate::breaker::{CallMeter, Instruct, Instruction, Transition, through};
use crate::verdict::{self, Verdict};

/// A breaker for each key, as callers hold it. Cheap to clone, usable from any thread and runtime, good for as long as the
/// mesh lives. A call through it sends no message; the first call of a key makes its place, which is one allocation or
/// a few.
///
/// What a key is, is the caller's: a tenant, a user, a shard. See the [room](super) for what is exact.
#[derive(Clone)]
pub struct KeyedBreakerHandle {
    pub(super) family: Arc<Family>,
    pub(super) keeper: Handle<Keeper>,
}

/// An instruction did not reach the breaker of a key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InstructError {
    /// The keeper of the keys does not answer.
    #[error("no breaker for the key: its keeper did not answer: {0}")]
    Keeper(#[source] AskError<Rouse>),
    /// The key has no breaker, and could not be given one: there is no room for it, or the tree is being stopped.
    #[error("no breaker for the key `{key}`: {keys} of at most {most} keys have a place")]
    NoBreaker {
        /// The key.
        key: String,
        /// Keys that have a place.
        keys: u32,
        /// How many may.
        most: u32,
    },
    /// The breaker does not answer.
    #[error("the breaker of the key did not answer: {0}")]
    Breaker(#[source] AskError<Instruct>),
}

/// A breaker that is well may be taken away between being given and being asked.
const TRIES: u32 = 3;

impl KeyedBreakerHandle {
    /// Makes one call under a key, unless its breaker is open. Otherwise as
    /// [`BreakerHandle::call`](crate::breaker::BreakerHandle::call).
    ///
    /// # Errors
    /// [`CallError::Refused`] without having made the call, or [`CallError::Failed`] with the call's own error.
    ///
    /// # Cancel safety
    /// Dropped before the end, the call counts as never made. So does one that panics.
    pub async fn call<T, E, F>(&self, key: &str, call: impl FnOnce() -> F) -> Result<T, CallError<E>>
    where
        F: Future<Output = Result<T, E>>,
    {
        self.call_judged(key, verdict::of_result, call).await
    }

    /// Makes one call under a key, unless its breaker is open, and has `judge` say how it ended. Otherwise as
    /// [`BreakerHandle::call_judged`](crate::breaker::BreakerHandle::call_judged).
    ///
    /// # Errors
    /// As [`call`](Self::call).
    ///
    /// # Cancel safety
    /// As [`call`](Self::call), also where `judge` panics.
    pub async fn call_judged<T, E, F>(
        &self,
        key: &str,
        judge: impl FnOnce(&Result<T, E>) -> Verdict,
        call: impl FnOnce() -> F,
    ) -> Result<T, CallError<E>>
    where
        F: Future<Output = Result<T, E>>,
    {
        let permit = self.acquire(key).map_err(CallError::Refused)?;
        through(permit, &self.family.meter, judge, call).await
    }

    /// Asks for the right to make one call under a key, for callers that report its end themselves.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn acquire(&self, key: &str) -> Result<Permit<KeyGate>, Refusal> {
        let gate = self.gate(key);
        Permit::acquire(gate.clone()).map_err(|shut| self.refusal(&gate, shut))
    }

    /// The gate of a key, which is made where there is none.
    pub(crate) fn gate(&self, key: &str) -> KeyGate {
        KeyGate(self.family.place(key))
    }

    /// Why a call was refused by the gate of a key.
    pub(crate) fn refusal(&self, gate: &KeyGate, shut: Shut) -> Refusal {
        self.family.refusal(gate, shut)
    }

    /// What measures the calls of all keys.
    pub(crate) fn meter(&self) -> &CallMeter {
        &self.family.meter
    }

    /// Has the breaker of a key do what an operator says, as
    /// [`BreakerHandle::instruct`](crate::breaker::BreakerHandle::instruct). A key that has none is given one first: so a key
    /// can be forced open that has never been called.
    ///
    /// # Errors
    /// Where the key has no place and there is no room for one, or an actor does not answer.
    pub async fn instruct(
        &self,
        key: &str,
        instruction: Instruction,
        author: &str,
    ) -> Result<Option<Transition>, InstructError> {
        let mut tried = 1;
        loop {
            let rouse = Rouse { key: key.into() };
            let roused = self.keeper.ask(rouse).await.map_err(InstructError::Keeper)?;
            let breaker = roused.ok_or_else(|| InstructError::NoBreaker {
                key: key.to_owned(),
                keys: self.family.len(),
                most: self.family.limits.max_keys,
            })?;
            match breaker.instruct(instruction, author).await {
                Err(AskError::Stopped(_)) if tried < TRIES => tried += 1,
                answer => return answer.map_err(InstructError::Breaker),
            }
        }
    }

    /// Gives all keys another policy, which they go by until the process ends. State and statistics stay.
    ///
    /// # Errors
    /// [`AskError`] where the keeper does not answer: it is stopped, or falls over it.
    pub async fn retune(&self, policy: BreakerPolicy) -> Result<(), AskError<Retune>> {
        self.keeper.ask(Retune(policy)).await
    }

    /// What they share: the name.
    pub fn name(&self) -> &str {
        self.family.name()
    }

    /// What a key stands for, as in ids: `tenant`.
    pub fn scope(&self) -> &str {
        self.family.scope()
    }
}

impl Inspect for KeyedBreakerHandle {
    fn view(&self, path: &Path) -> View {
        let mut view = KeysView {
            name: self.family.name().to_owned(),
            scope: self.family.scope().to_owned(),
            path: path.clone(),
            keys: self.family.len(),
            max_keys: self.family.limits.max_keys,
            breakers: 0,
            not_closed: 0,
            turned_away: self.family.turned_away.sums()[0],
        };
        for place in self.family.all() {
            view.breakers += u32::from(place.breaker().is_some());
            view.not_closed += u32::from(place.owner.state() != State::Closed);
        }
        View::Keys(view)
    }
}

impl fmt::Debug for KeyedBreakerHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyedBreakerHandle")
            .field("name", &self.family.name())
            .field("scope", &self.family.scope())
            .field("keys", &self.family.len())
            .finish_non_exhaustive()
    }
}
