//! The shell: a mailbox, a timer and a store around a [`Machine`].

use std::sync::Arc;
use std::sync::atomic::Ordering;

use actix::{Actor, Running};
use hedgerow_gate::{State, Sums};
use hedgerow_store::Key;
use hedgerow_supervisor::CellContext;

use super::keep::{Keeping, News};
use super::shown::Shown;
use super::slot::{BreakerSlot, Past, now};
use super::spec::Means;
use super::{Driven, Machine, drive};

/// One breaker at work.
pub(super) struct Breaker {
    pub(super) slot: Arc<BreakerSlot>,
    pub(super) key: Key,
    pub(super) past: Past,
    pub(super) means: Means,
    pub(super) seed: u64,
    /// `None` until the record has been read.
    pub(super) machine: Option<Machine>,
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
    pub(super) fn new(slot: Arc<BreakerSlot>, key: Key, past: Past, means: Means, seed: u64) -> Self {
        Self {
            slot,
            key,
            past,
            means,
            seed,
            machine: None,
            keeping: Keeping::default(),
        }
    }

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
        context.wake_at(wake_at, Self::look);
    }

    /// Shows the state, as spoken for by the save that was asked for last.
    fn show(&self, seen: Sums) {
        if let Some(machine) = &self.machine {
            self.slot.half_open.count(machine.state() == State::HalfOpen);
            let save = self.slot.saves.load(Ordering::Acquire);
            self.slot.shown.store(Arc::new(Shown::of(machine, save, seen)));
        }
    }
}
