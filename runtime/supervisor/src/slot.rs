//! A place in the tree: what stays while incarnations come and go.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hedgerow_view::tree::ActorState;
use hedgerow_view::{ActorView, Identity, Path};

use crate::arbiters::Arbiters;
use crate::cell::ending::ChildId;
use crate::cell::lasting::AnyCell;
use crate::cell::mailbox::Handle;
use crate::cell::quarantine::Ward;
use crate::clock::Clock;
use crate::events::Events;
use crate::inspect::Inspect;
use crate::operate::Operate;
use crate::supervision::actor::SupervisorActor;
use crate::supervision::children::Children;
use crate::supervision::step::Order;
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
    pub(crate) path: Path,
    kind: &'static str,
    /// Most actors have none.
    face: Option<Box<Face>>,
    pub(crate) superior: Option<Superior>,
    cell: Arc<dyn AnyCell>,
    /// What a supervisor's place has: who lives below it.
    pub(crate) children: Option<Children>,
}

/// What a place has to show and to offer beyond what every one has.
#[derive(Default)]
pub(crate) struct Face {
    pub(crate) id: Option<Identity>,
    pub(crate) inspect: Option<Arc<dyn Inspect>>,
    pub(crate) operate: Option<Arc<dyn Operate>>,
}

/// The supervisor of a place, and the place's number there.
pub(crate) struct Superior {
    pub(crate) handle: Handle<SupervisorActor>,
    pub(crate) child: ChildId,
}

impl Slot {
    pub(crate) fn new(
        path: Path,
        kind: &'static str,
        face: Face,
        superior: Option<Superior>,
        cell: Arc<dyn AnyCell>,
        children: Option<Children>,
    ) -> Self {
        let is_plain = face.id.is_none() && face.inspect.is_none() && face.operate.is_none();
        Self {
            path,
            kind,
            face: (!is_plain).then(|| Box::new(face)),
            superior,
            cell,
            children,
        }
    }

    /// Who the actor is.
    pub(crate) fn id(&self) -> Option<&Identity> {
        self.face.as_ref()?.id.as_ref()
    }

    pub(crate) fn inspect(&self) -> Option<&dyn Inspect> {
        self.face.as_ref()?.inspect.as_deref()
    }

    pub(crate) fn operate(&self) -> Option<&dyn Operate> {
        self.face.as_ref()?.operate.as_deref()
    }
}

/// What supervision does to a place.
impl Slot {
    /// Orders an incarnation to start; ordered again, or late, that changes nothing.
    pub(crate) fn start(&self, incarnation: u32) {
        self.cell.clone().start(incarnation);
    }

    /// Orders incarnations up to this one to stop.
    pub(crate) fn stop(&self, incarnation: u32) {
        self.cell.control().stop(incarnation);
    }

    /// The incarnation that was ordered last, 0 where none was.
    pub(crate) fn wanted(&self) -> u32 {
        self.cell.control().wanted()
    }

    /// Whether this incarnation is over, or was never ordered: what a supervisor may have missed while it was down.
    pub(crate) fn is_over(&self, incarnation: u32) -> bool {
        self.cell.control().is_over(incarnation)
    }

    /// Ends the cell here and all below, each once its incarnation has ended. No child can be added below any more.
    pub(crate) fn close(&self) {
        self.cell.close();
        for child in self.children.iter().flat_map(Children::close) {
            child.close();
        }
    }

    /// What remains to be done for a child that is down and off its supervisor's list: nothing here and below is ever
    /// started again.
    pub(crate) fn retire(&self) {
        self.walk(&mut |slot| {
            if slot.state() != ActorState::Failed {
                slot.cell.mark(ActorState::Stopped);
            }
        });
        self.mark(self.state());
        self.close();
    }

    /// Lets in again what was quarantined.
    pub(crate) fn release(&self) {
        if let Some(ward) = self.cell.ward() {
            ward.release(&self.path);
        }
    }

    /// What the actor is doing.
    pub(crate) fn state(&self) -> ActorState {
        self.cell.published().state()
    }

    /// Shows that the actor has failed while its supervisor is on its way out: whether anybody comes after it is decided
    /// above, and until then its mailbox stays as it is.
    pub(crate) fn show_failed(&self) {
        self.cell.published().mark(ActorState::Failed);
    }

    /// Shows what the actor is doing. One that is down for good answers nobody any more, and neither does what lives
    /// below it: what waits in their mailboxes is dropped, and who asked is told so.
    pub(crate) fn mark(&self, state: ActorState) {
        self.cell.mark(state);
        if !matches!(state, ActorState::Stopped | ActorState::Failed) {
            return;
        }
        self.walk(&mut |slot| {
            if matches!(slot.state(), ActorState::Restarting | ActorState::Stopping) {
                slot.cell.mark(ActorState::Stopped);
            } else {
                slot.cell.shut();
            }
            if let Some(children) = &slot.children {
                children.forget_all();
            }
        });
    }

    /// Has this incarnation end, as if the message that says so had been in the hand of a supervisor that fell.
    #[cfg(test)]
    pub(crate) fn end_unheard(&self, incarnation: u32) {
        self.cell.control().stop(incarnation);
        self.cell.control().end(incarnation);
    }
}

/// What others see of a place.
impl Slot {
    /// What is published here and below.
    pub(crate) fn view(&self, now: Duration, blocked: &[Blocked]) -> ActorView {
        ActorView {
            path: self.path.clone(),
            kind: self.kind,
            id: self.id().cloned(),
            state: self.state(),
            actions: self.actions(),
            restarts: self.cell.published().restarts(),
            last_exit: self.cell.published().last_exit(),
            blocked: blocked
                .iter()
                .find(|blocked| blocked.path == self.path)
                .map(Blocked::view),
            quarantined: self.cell.ward().map(Ward::view).unwrap_or_default(),
            mailbox: self.cell.mailbox(now),
            children: self
                .below()
                .iter()
                .map(|child| child.view(now, blocked))
                .collect(),
        }
    }

    /// What can be done to the actor.
    pub(crate) fn actions(&self) -> Vec<&'static str> {
        let orders = self.superior.iter().flat_map(|_| Order::ALL.map(Order::name));
        let release = self.cell.ward().map(|_| "release");
        let own = self.operate().into_iter().flat_map(Operate::actions);
        orders.chain(release).chain(own.copied()).collect()
    }

    /// The places right below this one, in start order.
    fn below(&self) -> Vec<Arc<Self>> {
        self.children.as_ref().map_or_else(Vec::new, Children::slots)
    }

    /// This slot and all below, parents first.
    pub(crate) fn walk(&self, visit: &mut dyn FnMut(&Self)) {
        visit(self);
        for child in self.below() {
            child.walk(visit);
        }
    }

    /// The slot at this path, this one's own path being the first segment.
    pub(crate) fn find(self: &Arc<Self>, segments: &[&str]) -> Option<Arc<Self>> {
        let (first, rest) = segments.split_first()?;
        if *first != self.path.name() {
            return None;
        }
        rest.iter()
            .try_fold(self.clone(), |slot, name| slot.children.as_ref()?.find(name))
    }
}
