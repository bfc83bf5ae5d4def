//! Hedgerow's gate with an owner who is awake, as it is in a mesh under load.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle, Thread};
use std::time::{Duration, UNIX_EPOCH};

use hedgerow_actors::breaker::{self, Machine, Now};
use hedgerow_config::{BreakerPolicy, OpenFor, WindowLength};
use hedgerow_gate::{Bell, Gate, Owner, Permit, Shut};
use hedgerow_supervisor::Clock;

use crate::contestants::{Breaker, CallError, Failed};

/// A gate and the thread that owns it. The thread does what the breaker's actor does, with the same machine: it looks
/// when the bell rings and when the tick is due, and sleeps otherwise.
pub(crate) struct Owned {
    gate: Arc<Gate>,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    rung: AtomicBool,
    over: AtomicBool,
    looks: AtomicU64,
}

/// Who shuts the gate when a rule is crossed, and what the rates are taken of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Means {
    /// As in a mesh: the failing caller fences, the owner confirms.
    Fence,
    /// No caller may fence.
    OwnerAlone,
    /// As in a mesh, with a window of the last 100 calls.
    LastCalls,
    /// As in a mesh, with runs of failures as the only rule.
    Consecutive,
}

/// Wakes the owner, once for all who ring before it looks.
struct Wake {
    shared: Arc<Shared>,
    owner: Thread,
}

impl Bell for Wake {
    fn ring(&self) {
        if !self.shared.rung.swap(true, Ordering::AcqRel) {
            self.owner.unpark();
        }
    }
}

impl Owned {
    /// A closed gate under the default policy, but that it stays open for an hour. Its owner is awake: one call has
    /// ended.
    pub(crate) fn closed() -> Self {
        Self::closed_by(Means::Fence)
    }

    /// The same, by other means.
    pub(crate) fn closed_by(means: Means) -> Self {
        let shared = Arc::new(Shared::default());
        let (give, take) = std::sync::mpsc::sync_channel(1);
        let of_owner = Arc::clone(&shared);
        let thread = thread::spawn(move || {
            let bell = Wake {
                shared: Arc::clone(&of_owner),
                owner: thread::current(),
            };
            let clock = Clock::start();
            let (gate, owner) = match means {
                Means::OwnerAlone => Gate::new(Arc::new(bell)),
                Means::Fence | Means::LastCalls | Means::Consecutive => {
                    Gate::fenced_by(Arc::new(bell), Arc::new(move || clock.now()))
                }
            };
            // The one who waits for it is gone only where the whole bench is.
            let _ = give.send(gate);
            own(&owner, &of_owner, clock, means);
        });
        let gate = take.recv().expect("the owner's thread sends the gate first");
        let owned = Self {
            gate,
            shared,
            thread: Some(thread),
        };
        // The first call that ends wakes an owner at rest; it is awake once it has looked again.
        while owned.looks() < 2 {
            let _ = owned.call(|| Ok(0));
            thread::yield_now();
        }
        owned
    }

    /// What callers ask.
    pub(crate) fn gate(&self) -> &Arc<Gate> {
        &self.gate
    }

    /// How often the owner has looked.
    pub(crate) fn looks(&self) -> u64 {
        self.shared.looks.load(Ordering::Acquire)
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            thread.join().expect("the owner's thread does not panic");
        }
    }
}

/// The owner's life.
fn own(owner: &Owner, shared: &Shared, clock: Clock, means: Means) {
    let window = match means {
        Means::LastCalls => WindowLength::Calls(100),
        Means::Fence | Means::OwnerAlone | Means::Consecutive => WindowLength::default(),
    };
    let rates = BreakerPolicy::default().failure_rate;
    let policy = BreakerPolicy {
        window,
        failure_rate: rates.filter(|_| means != Means::Consecutive),
        open_for: OpenFor::fixed(Duration::from_secs(3_600)),
        ..BreakerPolicy::default()
    };
    let mut machine = Machine::new(policy, now(&clock), owner.sums(), 1);
    breaker::take_charge(&mut machine, owner, now(&clock));
    while !shared.over.load(Ordering::Acquire) {
        // Before it looks: a ring during the look is another look.
        shared.rung.store(false, Ordering::Release);
        let driven = breaker::drive(&mut machine, owner, now(&clock));
        shared.looks.fetch_add(1, Ordering::AcqRel);
        match driven.wake_at {
            Some(due) => thread::park_timeout(due.saturating_sub(clock.now())),
            None => thread::park(),
        }
    }
}

fn now(clock: &Clock) -> Now {
    let wall = clock.wall().duration_since(UNIX_EPOCH).unwrap_or_default();
    Now {
        elapsed: clock.now(),
        unix_ms: u64::try_from(wall.as_millis()).unwrap_or(u64::MAX),
    }
}

impl Breaker for Owned {
    type Refusal = Shut;

    #[inline]
    fn call(&self, call: impl FnOnce() -> Result<u64, Failed>) -> Result<u64, CallError<Shut>> {
        let permit = Permit::acquire(&*self.gate).map_err(CallError::Refused)?;
        let result = call();
        match result {
            Ok(_) => permit.success(),
            Err(_) => permit.failure(),
        }
        result.map_err(CallError::Failed)
    }
}
