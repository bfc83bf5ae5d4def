//! The shell: a mailbox, a timer and a store around a [`Machine`].

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use actix::{Actor, AsyncContext as _, Running, SpawnHandle};
use arc_swap::ArcSwap;
use hedgerow_config::BreakerPolicy;
use hedgerow_gate::{Gate, Owner, State, Sums};
use hedgerow_store::{Key, KeyError, Store};
use hedgerow_supervisor::{CellContext, ChildSpec, Clock, Events, Handle};
use hedgerow_view::Identity;

use super::half_open::CountedGate;
use super::handle::BreakerHandle;
use super::keep::{Keeping, News};
use super::shown::Shown;
use super::{CallMeter, Driven, Machine, Now, drive};
use crate::bell::LateBell;
use crate::fnv::fnv1a;

/// What a breaker needs of the mesh.
#[derive(Clone)]
pub struct Means {
    /// Where it keeps its state.
    pub store: Store,
    /// Where it tells what happens.
    pub events: Events,
    /// The mesh's time: gate words and deadlines are measured by it.
    pub clock: Clock,
}

/// What belongs to the place in the tree, over all incarnations: callers hold it.
pub(crate) struct BreakerSlot {
    pub(super) id: Identity,
    pub(super) gate: Arc<Gate>,
    pub(super) owner: Owner,
    /// What the gate's sums were where the first incarnation begins to count.
    base: Sums,
    pub(crate) shown: ArcSwap<Shown>,
    /// Saves that were asked for so far, over all incarnations: the number of the last one, 0 where there was none.
    pub(super) saves: AtomicU64,
    /// The last save that is known to be on the disk. What is shown names the save that speaks for it, so that a state
    /// is never taken as kept because an earlier one was.
    pub(super) kept: AtomicU64,
    pub(super) policy: ArcSwap<BreakerPolicy>,
    pub(super) meter: CallMeter,
    /// For those that prefer half-open gates.
    pub(super) half_open: CountedGate,
}

impl BreakerSlot {
    pub(crate) fn new(id: Identity, owner: Owner, base: Sums, policy: BreakerPolicy, clock: Clock) -> Self {
        let fresh = Machine::new(policy.clone(), now(clock), base, 0);
        Self {
            id,
            gate: Arc::clone(owner.gate()),
            owner,
            base,
            shown: ArcSwap::from_pointee(Shown::of(&fresh, 0, base)),
            saves: AtomicU64::new(0),
            kept: AtomicU64::new(0),
            meter: CallMeter::new(&policy, clock),
            policy: ArcSwap::from_pointee(policy),
            half_open: CountedGate::default(),
        }
    }

    /// Where the next incarnation of this number begins to count.
    pub(super) fn base(&self, incarnation: u32) -> Sums {
        if incarnation == 1 {
            self.base
        } else {
            self.owner.sums()
        }
    }
}

/// What is known of the life before, when an actor is started for the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Past {
    /// The store knows.
    Recorded,
    /// There was none.
    None,
}

/// Makes the child `name` that is a breaker, and the handle to it.
///
/// `id` is who it is, in store, API and metrics; its state is kept under it.
///
/// # Errors
/// Where a part of the identity is empty or too long to be a key of the store.
///
/// # Restarts
/// The gate belongs to the place: callers keep meeting the state that was published last. A fresh incarnation
/// recovers state and timer from the store and never lets through what the gate refuses. The calls counted in the
/// window of a closed breaker are forgotten; a run of consecutive failures is not.
///
/// While its actor is stopped by hand, the gate stays as it was published last, until the actor is started again: a
/// closed breaker does not trip (one fence may stand until it lapses), an open one refuses calls beyond its open time, and a half-open one lets probes
/// through and draws no consequence.
pub fn spec(
    name: impl Into<String>,
    id: Identity,
    policy: BreakerPolicy,
    means: &Means,
) -> Result<(ChildSpec, BreakerHandle), KeyError> {
    let (spec, handle, _) = with_actor(name, id, policy, means)?;
    Ok((spec, handle))
}

/// As [`spec`], with the handle to the actor itself: it is nobody's business but the breaker's own.
pub(super) fn with_actor(
    name: impl Into<String>,
    id: Identity,
    policy: BreakerPolicy,
    means: &Means,
) -> Result<(ChildSpec, BreakerHandle, Handle<Breaker>), KeyError> {
    let key = key(&id)?;
    let bell = Arc::new(LateBell::default());
    let clock = means.clock;
    let (_, owner) = Gate::fenced_by(bell.clone(), Arc::new(move || clock.now()));
    let base = owner.sums();
    let slot = Arc::new(BreakerSlot::new(id, owner, base, policy, clock));
    let (spec, handle) = around(name, slot, key, Past::Recorded, means);
    bell.connect(handle.actor.doorbell());
    let actor = handle.actor.clone();
    Ok((spec, handle, actor))
}

/// Makes the child that is the breaker of this slot.
pub(crate) fn around(
    name: impl Into<String>,
    slot: Arc<BreakerSlot>,
    key: Key,
    past: Past,
    means: &Means,
) -> (ChildSpec, BreakerHandle) {
    let (means, place) = (means.clone(), slot.clone());
    let seed = seed(&slot.id);
    let (spec, actor) = ChildSpec::actor(name, move || Breaker {
        slot: place.clone(),
        key: key.clone(),
        past,
        means: means.clone(),
        seed,
        machine: None,
        timer: None,
        keeping: Keeping::default(),
    });
    let spec = spec.kind("breaker").identity(slot.id.clone());
    let handle = BreakerHandle { slot, actor };
    let spec = spec
        .inspect(Arc::new(handle.clone()))
        .operate(Arc::new(handle.clone()));
    (spec, handle)
}

/// The key of the store that a breaker's record is kept under.
pub(crate) fn key(id: &Identity) -> Result<Key, KeyError> {
    match id.key() {
        Some((scope, key)) => Key::new(id.kind(), id.name(), [scope, key]),
        None => Key::new(id.kind(), id.name(), [""; 0]),
    }
}

/// Spreads the jitter of the breakers of one mesh, and of the same breaker in different processes.
fn seed(id: &Identity) -> u64 {
    let process = std::process::id().to_le_bytes();
    fnv1a(id.to_string().bytes().chain(process))
}

pub(crate) fn now(clock: Clock) -> Now {
    let unix = clock.wall().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    Now {
        elapsed: clock.now(),
        unix_ms: u64::try_from(unix.as_millis()).unwrap_or(u64::MAX),
    }
}

/// One breaker at work.
pub(super) struct Breaker {
    pub(super) slot: Arc<BreakerSlot>,
    pub(super) key: Key,
    pub(super) past: Past,
    pub(super) means: Means,
    pub(super) seed: u64,
    /// `None` until the record has been read.
    pub(super) machine: Option<Machine>,
    timer: Option<(Duration, SpawnHandle)>,
    pub(super) keeping: Keeping,
}

impl Actor for Breaker {
    type Context = CellContext<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        context.on_bell(Self::look);
        self.load(context);
    }

    fn stopping(&mut self, _: &mut Self::Context) -> Running {
        if let Some(machine) = &self.machine
            && self.keeping.unread.is_none()
        {
            self.slot.saves.fetch_add(1, Ordering::AcqRel);
            // Queued before the store is closed, which waits for its queue: nobody is left to hear of it.
            drop(self.means.store.save(&self.key, machine.record().encode()));
        }
        Running::Stop
    }
}

impl Breaker {
    /// Reads what callers have counted, and draws the consequences.
    pub(super) fn look(&mut self, context: &mut CellContext<Self>) {
        let Some(machine) = &mut self.machine else { return };
        let Driven {
            transitions,
            wake_at,
            seen,
        } = drive(machine, &self.slot.owner, now(self.means.clock));
        // Before it is shown: the new state is shown with the number of its own save.
        if !transitions.is_empty() {
            self.keep(transitions.into_iter().map(News::from).collect(), context);
        }
        self.show(seen);
        self.wake(wake_at, context);
    }

    /// Shows the state, as spoken for by the save that was asked for last.
    fn show(&self, seen: Sums) {
        if let Some(machine) = &self.machine {
            self.slot.half_open.count(machine.state() == State::HalfOpen);
            let save = self.slot.saves.load(Ordering::Acquire);
            self.slot.shown.store(Arc::new(Shown::of(machine, save, seen)));
        }
    }

    /// Looks again at this time, and at no other: a timer that is left behind is polled for ever.
    fn wake(&mut self, at: Option<Duration>, context: &mut CellContext<Self>) {
        if let Some((_, timer)) = self.timer.take_if(|(armed, _)| Some(*armed) != at) {
            context.cancel_future(timer);
        }
        if let (Some(at), None) = (at, &self.timer) {
            // A millisecond at the least: a timer that is over at once would be polled again in the same turn.
            let after = at
                .saturating_sub(self.means.clock.now())
                .max(Duration::from_millis(1));
            let timer = context.run_later(after, |breaker, context| {
                breaker.timer = None;
                breaker.look(context);
            });
            self.timer = Some((at, timer));
        }
    }
}
