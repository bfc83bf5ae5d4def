//! Leases of a part of a resource: four quarters of one device.
//!
//! | file | subject |
//! |---|---|
//! | `ledger` | which parts are out, and who is next |

mod ledger;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;
use std::num::NonZeroU32;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hedgerow_view::Refusal;
use tokio::sync::{OnceCell, oneshot};
use tokio::time::timeout_at;

use ledger::{Asked, Ledger, Number, Place};

use super::lease::Lease;
use super::pool::ResourcePool;
use super::source::{LeaseError, Source};

/// A pool whose resources are leased in parts: several holders share one, each with its share of it. Cheap to clone.
///
/// A resource is leased of the pool below for its first part, and goes back there with its last. Parts are packed: those who
/// want little share what is open, so that whole resources stay free for those who want much. Taking a part takes a short lock:
/// it is meant for what is held for longer than that, such as a device.
pub struct Divided<S: Source<Resource: Sync>> {
    inner: Arc<Inner<S>>,
}

struct Inner<S: Source<Resource: Sync>> {
    pool: ResourcePool<S>,
    parts: u32,
    state: Mutex<State<S>>,
}

struct State<S: Source<Resource: Sync>> {
    ledger: Ledger,
    /// By its place, while parts of it are out.
    open: HashMap<Place, Arc<Shared<S>>>,
    waiting: HashMap<u64, oneshot::Sender<Place>>,
}

/// One resource, leased by the first who wants it.
type Shared<S> = OnceCell<Lease<S>>;

impl<S: Source<Resource: Sync>> Divided<S> {
    /// Divides each resource of a pool into so many parts. As many resources are shared as the pool may lease; who waits is
    /// bounded as the pool's policy says.
    pub fn new(pool: ResourcePool<S>, parts: NonZeroU32) -> Self {
        let policy = pool.policy();
        let state = State {
            ledger: Ledger::new(policy.max_leases, parts.get(), policy.max_waiting),
            open: HashMap::new(),
            waiting: HashMap::new(),
        };
        Self {
            inner: Arc::new(Inner {
                pool,
                parts: parts.get(),
                state: Mutex::new(state),
            }),
        }
    }

    /// So many parts of one resource, waited for in turn, for `maxWait` of the pool's policy at the longest. More than a
    /// resource has are as many as it has.
    ///
    /// # Errors
    /// As [`ResourcePool::take_within`].
    ///
    /// # Cancel safety
    /// Dropped before its end, it is out of the line, and parts that it was given meanwhile pass on.
    ///
    /// # Panics
    /// Where it has to wait, to check or to make something, outside a tokio runtime with time enabled.
    pub async fn take(&self, parts: NonZeroU32) -> Result<Part<S>, LeaseError<S::Error>> {
        let inner = &self.inner;
        let parts = parts.get().min(inner.parts);
        let limit = inner.pool.policy().max_wait;
        let (now, clock) = (inner.pool.clock().now(), inner.pool.clock());
        let due = now.saturating_add(limit);
        let asked = inner.lock().ask(parts);
        let place = match asked {
            (Asked::Given(place), _) => place,
            (Asked::Refused, _) | (_, None) => {
                return Err(LeaseError::Refused(inner.refusal("pool.maxWaiting")));
            }
            (Asked::Waits(number), Some(told)) => {
                let mut waits = Waits {
                    inner,
                    parts,
                    number: Some(number),
                    told,
                };
                match timeout_at(clock.at(due), &mut waits.told).await {
                    Ok(Ok(place)) => {
                        waits.number = None;
                        place
                    }
                    Ok(Err(_)) | Err(_) => return Err(LeaseError::Refused(inner.refusal("pool.maxWait"))),
                }
            }
        };
        // It gives the parts back wherever this ends.
        let mut part = Part {
            inner: Arc::clone(inner),
            shared: None,
            place,
            parts,
            is_broken: false,
        };
        let shared = inner.lock().open(place);
        part.shared = Some(Arc::clone(&shared));
        let left = due.saturating_sub(clock.now()).max(Duration::from_millis(1));
        shared
            .get_or_try_init(|| inner.pool.take_within(left))
            .await
            .map(|_| ())?;
        Ok(part)
    }

    /// The pool below.
    pub fn pool(&self) -> &ResourcePool<S> {
        &self.inner.pool
    }
}

impl<S: Source<Resource: Sync>> Inner<S> {
    fn lock(&self) -> MutexGuard<'_, State<S>> {
        // Nothing of others runs under it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cold]
    fn refusal(&self, rule: &'static str) -> Refusal {
        let policy = self.pool.policy();
        let (left, waiting, closed) = self.lock().ledger.census();
        let limit = match rule {
            "pool.maxWait" => format!("{} ms", policy.max_wait.as_millis()),
            _ => policy.max_waiting.to_string(),
        };
        let parts = left as usize + closed * self.parts as usize;
        let observed = format!("{parts} parts left, {waiting} waiting");
        Refusal::new(self.pool.id().to_string(), rule, limit, observed)
    }

    /// Parts come back, and their resource with the last of them.
    fn back(&self, place: Place, parts: u32) {
        let (closed, is_retired) = {
            let mut state = self.lock();
            let back = state.ledger.back(place, parts);
            let closed = back.is_closed.then(|| state.open.remove(&place)).flatten();
            state.tell(back.given);
            (closed, back.is_retired)
        };
        // Not under the lock. Nobody else has it: whoever had a part let go of it before he gave that back.
        let lease = closed.and_then(Arc::into_inner).and_then(OnceCell::into_inner);
        match lease {
            Some(lease) if is_retired => lease.discard(),
            _ => {}
        }
    }
}

impl<S: Source<Resource: Sync>> State<S> {
    fn ask(&mut self, parts: u32) -> (Asked, Option<oneshot::Receiver<Place>>) {
        let asked = self.ledger.ask(parts);
        let told = match asked {
            Asked::Waits(number) => {
                let (tell, told) = oneshot::channel();
                self.waiting.insert(number.get(), tell);
                Some(told)
            }
            _ => None,
        };
        (asked, told)
    }

    fn open(&mut self, place: Place) -> Arc<Shared<S>> {
        Arc::clone(self.open.entry(place).or_default())
    }

    /// Whoever is told takes it: one who goes away finds it with him, as he withdraws under the same lock.
    fn tell(&mut self, given: Vec<(Number, Place)>) {
        for (number, place) in given {
            if let Some(tell) = self.waiting.remove(&number.get()) {
                let _ = tell.send(place);
            }
        }
    }
}

/// One who waits; dropped, it is out of the line, and what it was given passes on.
struct Waits<'a, S: Source<Resource: Sync>> {
    inner: &'a Inner<S>,
    parts: u32,
    number: Option<Number>,
    told: oneshot::Receiver<Place>,
}

impl<S: Source<Resource: Sync>> Drop for Waits<'_, S> {
    fn drop(&mut self) {
        let Some(number) = self.number.take() else { return };
        let given = {
            let mut state = self.inner.lock();
            state.waiting.remove(&number.get());
            let served = state.ledger.withdraw(number);
            state.tell(served);
            self.told.try_recv().ok()
        };
        if let Some(place) = given {
            self.inner.back(place, self.parts);
        }
    }
}

/// A part of a resource in use. Several holders share the resource, so it is lent, never handed over.
pub struct Part<S: Source<Resource: Sync>> {
    inner: Arc<Inner<S>>,
    /// `None` until it is known.
    shared: Option<Arc<Shared<S>>>,
    place: Place,
    parts: u32,
    is_broken: bool,
}

const HELD: &str = "a part is made when its resource has been leased";

impl<S: Source<Resource: Sync>> Part<S> {
    /// How many parts it is.
    pub fn parts(&self) -> u32 {
        self.parts
    }

    /// Gives it back, and says that its resource is broken: nobody gets a part of it any more, and it is closed when those who
    /// have one have given it back.
    pub fn discard(mut self) {
        self.is_broken = true;
    }
}

impl<S: Source<Resource: Sync>> Deref for Part<S> {
    type Target = S::Resource;

    fn deref(&self) -> &S::Resource {
        let shared = self.shared.as_ref().and_then(|shared| shared.get());
        shared.expect(HELD)
    }
}

impl<S: Source<Resource: Sync>> Drop for Part<S> {
    fn drop(&mut self) {
        if self.is_broken || std::thread::panicking() {
            self.inner.lock().ledger.retire(self.place);
        }
        drop(self.shared.take());
        self.inner.back(self.place, self.parts);
    }
}

impl<S: Source<Resource: Sync>> Clone for Divided<S> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
        }
    }
}

impl<S: Source<Resource: Sync>> fmt::Debug for Divided<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Divided")
            .field("pool", &self.inner.pool)
            .field("parts", &self.inner.parts)
            .finish_non_exhaustive()
    }
}
