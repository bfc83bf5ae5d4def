//! The revision in force: one pointer for all chains, and a number by which a request sees that it is still that one.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use arc_swap::ArcSwap;

use super::plan::Plan;
use super::slot::ChainSlot;

/// All that a request reads and that an edit can change, at one instant. A request takes it at the door and keeps it to its
/// end.
pub struct Revision {
    number: u64,
    /// Grows with each that is published. Those of one number differ in fresh filters only.
    edition: u64,
    /// The plan of each chain, at its place.
    plans: Box<[Arc<Plan>]>,
}

impl Revision {
    /// Its number. It grows by one with each edit, over restarts of the process too.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Its place in the order of all that were published.
    pub(super) fn edition(&self) -> u64 {
        self.edition
    }

    /// The plan of the chain at this place.
    pub(super) fn plan(&self, chain: usize) -> &Arc<Plan> {
        &self.plans[chain]
    }
}

/// Where requests find the revision in force.
///
/// A request compares one number, which nobody writes but who publishes; the revision itself it has from the context that it
/// is given, as the one before it on its thread had. So it counts no reference on a line that threads share.
pub(crate) struct Published {
    current: ArcSwap<Revision>,
    edition: AtomicU64,
    /// One revision is made at a time, as each must contain what was published before it. Who has a place in it.
    chains: Mutex<Vec<Weak<ChainSlot>>>,
}

impl Published {
    /// Without any chain, under this number.
    pub(super) fn new(number: u64) -> Self {
        Self {
            current: ArcSwap::from_pointee(Revision {
                number,
                edition: 0,
                plans: Box::default(),
            }),
            edition: AtomicU64::new(0),
            chains: Mutex::default(),
        }
    }

    /// The revision in force.
    pub(super) fn load(&self) -> arc_swap::Guard<Arc<Revision>> {
        self.current.load()
    }

    /// The same, to be kept.
    pub(crate) fn take(&self) -> Arc<Revision> {
        self.current.load_full()
    }

    /// Which of all that were published is in force.
    #[inline]
    pub(crate) fn edition(&self) -> u64 {
        self.edition.load(Ordering::Acquire)
    }

    /// Gives the revision in force another number, before any request has come in.
    pub(crate) fn renumber(&self, number: u64) {
        let chains = self.lock();
        let plans = self.current.load().plans.clone();
        let replaced = self.store(number, plans);
        drop(chains);
        drop(replaced);
    }

    /// All chains that there are.
    pub(crate) fn chains(&self) -> Vec<Arc<ChainSlot>> {
        self.lock().iter().filter_map(Weak::upgrade).collect()
    }

    /// The chain with this name.
    pub(crate) fn chain(&self, name: &str) -> Option<Arc<ChainSlot>> {
        let chains = self.chains();
        chains.into_iter().find(|chain| chain.id.name() == name)
    }

    /// Gives a chain a place in every revision from now on, and has `place` make what stands there.
    pub(super) fn settle(&self, plan: Plan, place: impl FnOnce(usize) -> Arc<ChainSlot>) -> Arc<ChainSlot> {
        let mut chains = self.lock();
        let slot = place(chains.len());
        chains.push(Arc::downgrade(&slot));
        let before = self.current.load();
        let plans = before.plans.iter().cloned().chain([Arc::new(plan)]).collect();
        let replaced = self.store(before.number, plans);
        drop(chains);
        drop(replaced);
        slot
    }

    /// Publishes a fresh plan of one chain, where `fresh` makes one, under the same number.
    pub(super) fn refresh(&self, fresh: impl FnOnce(&Revision) -> Option<(usize, Plan)>) {
        let chains = self.lock();
        let before = self.current.load();
        if let Some((chain, plan)) = fresh(&before) {
            let number = before.number;
            self.exchange(chains, &before, number, chain, plan);
        }
    }

    /// Publishes another plan of one chain under this number, which must be higher than the one in force.
    pub(super) fn revise(&self, number: u64, chain: usize, plan: impl FnOnce() -> Plan) {
        let chains = self.lock();
        let before = self.current.load();
        // Made under the lock: no filter is published between.
        let plan = plan();
        self.exchange(chains, &before, number, chain, plan);
    }

    fn exchange(
        &self,
        chains: MutexGuard<'_, Vec<Weak<ChainSlot>>>,
        before: &Revision,
        number: u64,
        chain: usize,
        plan: Plan,
    ) {
        let mut plans = before.plans.clone();
        plans[chain] = Arc::new(plan);
        let replaced = self.store(number, plans);
        let edition = self.edition();
        let waiting: Vec<_> = chains.iter().filter_map(Weak::upgrade).collect();
        // What it held is dropped with it, which is user code: not under the lock.
        drop(chains);
        drop(replaced);
        for chain in waiting {
            chain.retire_contexts(edition);
        }
    }

    /// Under the lock.
    fn store(&self, number: u64, plans: Box<[Arc<Plan>]>) -> Arc<Revision> {
        let edition = self.edition.load(Ordering::Relaxed) + 1;
        let replaced = self.current.swap(Arc::new(Revision {
            number,
            edition,
            plans,
        }));
        // After the revision: who sees the number finds at least this one.
        self.edition.store(edition, Ordering::Release);
        replaced
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Weak<ChainSlot>>> {
        self.chains.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
