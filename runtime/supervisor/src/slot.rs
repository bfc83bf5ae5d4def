//! A place in the tree: what stays while incarnations come and go.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hedgerow_view::tree::ActorState;
use hedgerow_view::{ActorView, Identity, Path};

use crate::arbiters::Arbiters;
use crate::cell::lasting::AnyCell;
use crate::cell::mailbox::Handle;
use crate::cell::quarantine::Ward;
use crate::clock::Clock;
use crate::directory::Inspect;
use crate::events::Events;
use crate::supervision::actor::SupervisorActor;
use crate::watchdog::Blocked;

/// What every part of one tree shares.
pub(crate) struct Environment {
    pub(crate) arbiters: Arbiters,
    pub(crate) clock: Clock,
    pub(crate) events: Events,
    pub(crate) seed: u64,
    pub(crate) next_arbiter: AtomicUsize,
}

impl Environment {
    /// The arbiter for the next supervisor; its actors live on the same one, so that a restart crosses no threads.
    pub(crate) fn next_arbiter(&self) -> usize {
        self.next_arbiter.fetch_add(1, Ordering::Relaxed)
    }

    /// What spreads the back-offs of the children of the supervisor at `path` (FNV-1a).
    pub(crate) fn seed_at(&self, path: &Path) -> u64 {
        let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        path.to_string()
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325 ^ self.seed, step)
    }
}

/// A place in the tree, with what its cell publishes.
pub(crate) struct Slot {
    pub(crate) path: Arc<Path>,
    pub(crate) kind: &'static str,
    pub(crate) id: Option<Identity>,
    pub(crate) inspect: Option<Arc<dyn Inspect>>,
    pub(crate) keeper: Option<Keeper>,
    cell: Arc<dyn AnyCell>,
    pub(crate) children: Vec<Arc<Slot>>,
}

/// The supervisor of a place, and the place's number there.
pub(crate) struct Keeper {
    pub(crate) handle: Handle<SupervisorActor>,
    pub(crate) index: usize,
}

/// A slot whose cell is still to come.
pub(crate) struct Sketch {
    pub(crate) path: Arc<Path>,
    pub(crate) kind: &'static str,
    pub(crate) id: Option<Identity>,
    pub(crate) inspect: Option<Arc<dyn Inspect>>,
    pub(crate) keeper: Option<Keeper>,
}

impl Sketch {
    pub(crate) fn finish(self, cell: Arc<dyn AnyCell>, children: Vec<Arc<Slot>>) -> Arc<Slot> {
        Arc::new(Slot {
            path: self.path,
            kind: self.kind,
            id: self.id,
            inspect: self.inspect,
            keeper: self.keeper,
            cell,
            children,
        })
    }
}

impl Slot {
    /// Orders an incarnation to start; ordered again, or late, that changes nothing.
    pub(crate) fn start(&self, incarnation: u32) {
        self.cell.clone().start(incarnation);
    }

    /// Orders every incarnation up to this one to stop.
    pub(crate) fn stop(&self, incarnation: u32) {
        self.cell.control().stop(incarnation);
    }

    /// Stops this incarnation as if it had ended and nobody had heard of it.
    #[cfg(test)]
    pub(crate) fn end_unheard(&self, incarnation: u32) {
        self.stop(incarnation);
        self.cell.control().end(incarnation);
    }

    /// The incarnation that was ordered last.
    pub(crate) fn wanted(&self) -> u32 {
        self.cell.control().wanted()
    }

    /// Whether this incarnation has ended, or was never ordered.
    pub(crate) fn is_over(&self, incarnation: u32) -> bool {
        self.cell.control().is_over(incarnation)
    }

    /// No further incarnation is made here, and nothing is taken in any more.
    pub(crate) fn close(&self) {
        self.cell.close();
    }

    /// Lets in again what was quarantined.
    pub(crate) fn release(&self) {
        if let Some(ward) = self.cell.ward() {
            ward.release(&self.path);
        }
    }

    /// What the actor is doing.
    pub(crate) fn state(&self) -> ActorState {
        self.cell.vitals().state()
    }

    /// What is published here and below.
    pub(crate) fn view(&self, now: Duration, blocked: &[Blocked]) -> ActorView {
        ActorView {
            path: Path::clone(&self.path),
            kind: self.kind,
            id: self.id.clone(),
            state: self.state(),
            restarts: self.cell.vitals().restarts(),
            last_exit: self.cell.vitals().last_exit(),
            blocked: blocked
                .iter()
                .find(|blocked| Arc::ptr_eq(&blocked.path, &self.path))
                .map(Blocked::view),
            quarantined: self.cell.ward().map(Ward::view).unwrap_or_default(),
            mailbox: self.cell.mailbox(now),
            children: self
                .children
                .iter()
                .map(|child| child.view(now, blocked))
                .collect(),
        }
    }

    /// Shows what the actor is doing. One that is down for good answers nobody any more, and neither does what lives
    /// below it: what waits in their mailboxes is dropped, and who asked is told so.
    pub(crate) fn mark(&self, state: ActorState) {
        self.cell.mark(state);
        if !matches!(state, ActorState::Stopped | ActorState::Failed) {
            return;
        }
        for child in &self.children {
            child.walk(&mut |slot| {
                if matches!(slot.state(), ActorState::Restarting | ActorState::Stopping) {
                    slot.cell.mark(ActorState::Stopped);
                } else {
                    slot.cell.shut();
                }
            });
        }
    }

    /// This slot and all below, parents first.
    pub(crate) fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Self)) {
        visit(self);
        for child in &self.children {
            child.walk(visit);
        }
    }

    /// The slot at this path, this one's own path being the first segment.
    pub(crate) fn find(&self, segments: &[String]) -> Option<&Self> {
        let (first, rest) = segments.split_first()?;
        if first != self.path.name() {
            return None;
        }
        match rest.first() {
            None => Some(self),
            Some(next) => self
                .children
                .iter()
                .find(|child| child.path.name() == next)?
                .find(rest),
        }
    }
}
