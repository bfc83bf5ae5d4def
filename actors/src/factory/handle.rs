//! What callers hold of a factory.

use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use hedgerow_supervisor::Context;
use hedgerow_view::{Identity, Refusal};
use tokio::time::{Instant, timeout_at};

use super::lease::FactoryLease;
use super::place::Place;
use super::policy::FactoryScope;
use super::slot::{LEASED, REFUSED, Slot, WAITED};
use super::waiting::Waiting;

/// A factory, as its callers hold it. Cheap to clone, usable from any thread and runtime, good for as long as the mesh lives.
pub struct FactoryHandle<T: Send + Sync + 'static> {
    pub(super) slot: Arc<Slot<T>>,
}

/// How long a caller waits where nothing is made for a while.
#[derive(Clone, Copy)]
enum Patience {
    /// Not at all.
    None,
    /// Until then.
    Until(Instant),
}

impl<T: Send + Sync + 'static> FactoryHandle<T> {
    pub(super) fn new(slot: Arc<Slot<T>>) -> Self {
        Self { slot }
    }

    /// A lease of what is made: at once where it is there, else once the attempt has ended that this use begins, or that is
    /// under way. Of a factory that makes one for each key it is that of the current tenant.
    ///
    /// # Errors
    /// The refusal, by the rule `made` while a back-off is on, `timeout` or `deadline` where the attempt takes longer than its
    /// limit or the deadline of the [context](Context), `maxKeys` without room for one more key, `key` without a tenant,
    /// `stopped` where the factory is.
    ///
    /// # Cancel safety
    /// Who goes away stops no attempt: it is shared.
    ///
    /// # Panics
    /// Outside a tokio runtime with time enabled, where it has to wait.
    pub async fn lease(&self) -> Result<FactoryLease<T>, Refusal> {
        self.current(Patience::None).await
    }

    /// As [`lease`](Self::lease), and waits through back-offs for so long at most: further attempts are made meanwhile. It is
    /// refused at once where the back-off is longer than that, or than the deadline of the context.
    ///
    /// # Errors
    /// As [`lease`](Self::lease).
    ///
    /// # Cancel safety
    /// As [`lease`](Self::lease).
    ///
    /// # Panics
    /// As [`lease`](Self::lease).
    pub async fn lease_within(&self, limit: Duration) -> Result<FactoryLease<T>, Refusal> {
        self.current(self.until(limit)).await
    }

    /// A lease of what is made for this key. The one of a global factory is everybody's.
    ///
    /// # Errors
    /// As [`lease`](Self::lease).
    ///
    /// # Cancel safety
    /// As [`lease`](Self::lease).
    ///
    /// # Panics
    /// As [`lease`](Self::lease).
    pub async fn lease_for(&self, key: &str) -> Result<FactoryLease<T>, Refusal> {
        self.of_key(key, Patience::None).await
    }

    /// A lease of what is made for this key, as [`lease_within`](Self::lease_within).
    ///
    /// # Errors
    /// As [`lease`](Self::lease).
    ///
    /// # Cancel safety
    /// As [`lease`](Self::lease).
    ///
    /// # Panics
    /// As [`lease`](Self::lease).
    pub async fn lease_for_within(&self, key: &str, limit: Duration) -> Result<FactoryLease<T>, Refusal> {
        self.of_key(key, self.until(limit)).await
    }

    /// Who it is.
    pub fn id(&self) -> &Identity {
        &self.slot.id
    }

    fn until(&self, limit: Duration) -> Patience {
        let clock = self.slot.clock;
        Patience::Until(clock.at(clock.now().saturating_add(limit)))
    }

    async fn current(&self, patience: Patience) -> Result<FactoryLease<T>, Refusal> {
        if self.slot.policy.scope == FactoryScope::Global {
            return self.of_key("", patience).await;
        }
        let context = Context::current();
        match context.tenant() {
            Some(tenant) => self.of_key(tenant, patience).await,
            None => {
                self.slot.calls.add(REFUSED);
                let id = self.slot.id.to_string();
                Err(Refusal::new(id, "key", "a tenant, or `lease_for` a key", "none"))
            }
        }
    }

    async fn of_key(&self, key: &str, patience: Patience) -> Result<FactoryLease<T>, Refusal> {
        let there = match self.slot.global() {
            Some(global) => FactoryLease::of(global),
            None => self
                .slot
                .at(key, |place| {
                    place.is_used();
                    FactoryLease::of(place)
                })
                .flatten(),
        };
        let leased = match there {
            Some(lease) => Ok(lease),
            None => self.wait(key, patience).await,
        };
        let counted = if leased.is_ok() { LEASED } else { REFUSED };
        self.slot.calls.add(counted);
        leased
    }

    #[cold]
    async fn wait(&self, key: &str, patience: Patience) -> Result<FactoryLease<T>, Refusal> {
        self.slot.calls.add(WAITED);
        loop {
            let place = match self.slot.global() {
                Some(global) => Arc::clone(global),
                None => self.slot.place(key)?,
            };
            let waiting = Waiting::at(&self.slot, &place);
            let ended = self.wait_at(&place, patience).await;
            waiting.end();
            if let Some(ended) = ended {
                return ended;
            }
        }
    }

    /// Waits for what is made at this place. `None` where the place has left meanwhile.
    async fn wait_at(
        &self,
        place: &Arc<Place<T>>,
        patience: Patience,
    ) -> Option<Result<FactoryLease<T>, Refusal>> {
        let slot = &*self.slot;
        let context = Context::current();
        let limit = Limit::of(slot, &context, patience);
        loop {
            let mut changed = pin!(place.changed.notified());
            // What changes from now on is heard of, whatever is looked at first.
            changed.as_mut().enable();
            if let Some(lease) = FactoryLease::of(place) {
                place.is_used();
                return Some(Ok(lease));
            }
            if place.has_left() {
                return None;
            }
            if slot.is_stopped.load(Ordering::Acquire) {
                return Some(Err(self.refusal(
                    place,
                    "stopped",
                    "a factory that runs",
                    "it is stopped",
                )));
            }
            let mut wake_at = limit.at;
            let now = slot.clock.now();
            match place.resting.load_full().filter(|resting| now < resting.until) {
                None => slot.want(place, || context.clone()),
                Some(resting) => {
                    let over = slot.clock.at(resting.until);
                    match patience {
                        Patience::Until(_) if over < limit.at => wake_at = over,
                        _ => {
                            let refusal = self.refusal(place, "made", "1", &resting.why);
                            return Some(Err(refusal.retry_after(resting.until - now)));
                        }
                    }
                }
            }
            let is_over = timeout_at(wake_at, changed).await.is_err() && wake_at == limit.at;
            if is_over && FactoryLease::of(place).is_none() {
                let observed = "it is not made yet";
                return Some(Err(self.refusal(place, limit.rule, &limit.told, observed)));
            }
        }
    }

    fn refusal(&self, place: &Place<T>, rule: &str, limit: &str, observed: &str) -> Refusal {
        Refusal::new(self.slot.id_of(place), rule, limit, observed)
    }
}

/// Until when a caller waits, and by which rule.
struct Limit {
    at: Instant,
    rule: &'static str,
    told: String,
}

impl Limit {
    fn of<T: Send + Sync + 'static>(slot: &Slot<T>, context: &Context, patience: Patience) -> Self {
        let (now, timeout) = (slot.clock.now(), slot.policy.timeout);
        let at = match patience {
            // An attempt ends by itself within its limit; this is for what keeps its end from being told.
            Patience::None => slot.clock.at(now.saturating_add(timeout.saturating_mul(2))),
            Patience::Until(at) => at,
        };
        let left = |at: Instant| at.saturating_duration_since(slot.clock.at(now));
        let (rule, at) = match context.deadline() {
            Some(deadline) if deadline < at => ("deadline", deadline),
            _ => ("timeout", at),
        };
        Self {
            at,
            rule,
            told: format!("{} ms", left(at).as_millis()),
        }
    }
}

impl<T: Send + Sync + 'static> Clone for FactoryHandle<T> {
    fn clone(&self) -> Self {
        Self {
            slot: Arc::clone(&self.slot),
        }
    }
}

impl<T: Send + Sync + 'static> fmt::Debug for FactoryHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FactoryHandle")
            .field("id", &self.slot.id.to_string())
            .finish_non_exhaustive()
    }
}
