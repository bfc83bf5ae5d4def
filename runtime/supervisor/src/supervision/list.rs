//! The children of one supervisor as everyone sees them.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use hedgerow_view::Path;
use hedgerow_view::tree::ActorState;
use tokio::sync::oneshot;

use super::messages::{NoSuchChild, NotAdded, say};
use super::step::ChildId;
use crate::panics::drop_caught;
use crate::slot::Slot;

/// The slots of a supervisor's children, in start order and by name, and who waits for what becomes of them.
///
/// It belongs to the supervisor's place, as its machine does: it outlives every incarnation. Only the supervisor writes
/// to it; everyone may read. Nothing outside is called while it is locked: readers take the slots out.
#[derive(Default)]
pub(crate) struct ChildList {
    /// Where the supervisor lives; not known before its tree is started.
    path: OnceLock<Path>,
    inner: RwLock<Inner>,
}

#[derive(Default)]
struct Inner {
    slots: BTreeMap<ChildId, Arc<Slot>>,
    names: HashMap<Arc<str>, ChildId>,
    waiting: BTreeMap<ChildId, Waiting>,
    /// The number of the next child: numbers are never used again.
    next: u64,
    closed: bool,
}

/// Who waits for what becomes of a child, and why it will go off the list, where that is known.
#[derive(Default)]
pub(super) struct Waiting {
    first_start: Option<oneshot::Sender<Result<(), NotAdded>>>,
    removal: Vec<oneshot::Sender<Result<(), NoSuchChild>>>,
    why_removed: Option<String>,
}

impl Waiting {
    /// Tells who waits that the child is down and off the list.
    pub(super) fn tell_removed(&mut self) {
        for waiting in self.removal.drain(..) {
            say(waiting, Ok(()));
        }
    }

    /// Tells who waits that nobody will answer; one by one, because what wakes them is their code, and may panic.
    fn drop_each(self) {
        let what = "an answer that a supervisor owed";
        drop_caught(what, self.first_start);
        for waiting in self.removal {
            drop_caught(what, waiting);
        }
    }

    /// Whether somebody has ordered that it be deleted.
    pub(super) fn is_ordered(&self) -> bool {
        !self.removal.is_empty()
    }

    pub(super) fn why_removed(&mut self) -> String {
        let ended = || "temporary, and it has ended".to_owned();
        self.why_removed.take().unwrap_or_else(ended)
    }
}

/// How many children a supervisor has, as OTP's `supervisor:count_children` counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Children on the list, whatever they are doing.
    pub specs: usize,
    /// Those that are running now.
    pub active: usize,
    /// Those that are supervisors, running or not.
    pub supervisors: usize,
    /// Those that are not, running or not.
    pub workers: usize,
}

/// The supervisor is down for good: its list takes no more children.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Closed;

impl ChildList {
    fn read(&self) -> RwLockReadGuard<'_, Inner> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Inner> {
        self.inner.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says where the supervisor lives; its place does not change after that.
    pub(super) fn settle_at(&self, path: Path) {
        self.path.get_or_init(|| path);
    }

    /// Where the supervisor lives; `None` before its tree is started.
    pub(super) fn path(&self) -> Option<&Path> {
        self.path.get()
    }

    /// A number for a new child, higher than any before.
    pub(super) fn number(&self) -> ChildId {
        let mut inner = self.write();
        inner.next += 1;
        ChildId(inner.next - 1)
    }

    /// Puts a child at the end of the list.
    pub(super) fn insert(&self, child: ChildId, slot: Arc<Slot>) -> Result<(), Closed> {
        let mut inner = self.write();
        if inner.closed {
            return Err(Closed);
        }
        inner.names.insert(slot.path.shared_name(), child);
        inner.slots.insert(child, slot);
        Ok(())
    }

    /// Takes a child off the list.
    pub(super) fn remove(&self, child: ChildId) -> Option<(Arc<Slot>, Waiting)> {
        let mut inner = self.write();
        let slot = inner.slots.remove(&child)?;
        inner.names.remove(slot.path.name());
        let waiting = inner.waiting.remove(&child).unwrap_or_default();
        Some((slot, waiting))
    }

    pub(super) fn get(&self, child: ChildId) -> Option<Arc<Slot>> {
        self.read().slots.get(&child).cloned()
    }

    /// The number of the child with this name.
    pub(super) fn named(&self, name: &str) -> Option<ChildId> {
        self.read().names.get(name).copied()
    }

    /// The child with this name.
    pub(crate) fn find(&self, name: &str) -> Option<Arc<Slot>> {
        let inner = self.read();
        inner.slots.get(inner.names.get(name)?).cloned()
    }

    /// All children, in start order.
    pub(crate) fn slots(&self) -> Vec<Arc<Slot>> {
        self.read().slots.values().cloned().collect()
    }

    /// All children with their numbers, in start order.
    pub(super) fn numbered(&self) -> Vec<(ChildId, Arc<Slot>)> {
        let inner = self.read();
        inner
            .slots
            .iter()
            .map(|(child, slot)| (*child, slot.clone()))
            .collect()
    }

    pub(super) fn counts(&self) -> Counts {
        let inner = self.read();
        let mut counts = Counts::default();
        for slot in inner.slots.values() {
            counts.specs += 1;
            counts.active += usize::from(slot.state() == ActorState::Running);
            counts.supervisors += usize::from(slot.children.is_some());
        }
        counts.workers = counts.specs - counts.supervisors;
        counts
    }

    /// Takes no more children. Returns those that are there.
    pub(crate) fn close(&self) -> Vec<Arc<Slot>> {
        let mut inner = self.write();
        inner.closed = true;
        inner.slots.values().cloned().collect()
    }

    /// Remembers who waits for the first start of a child.
    pub(super) fn await_start(&self, child: ChildId, waiting: oneshot::Sender<Result<(), NotAdded>>) {
        self.write().waiting.entry(child).or_default().first_start = Some(waiting);
    }

    /// Remembers who waits for a child to be off the list.
    pub(super) fn await_removal(&self, child: ChildId, waiting: oneshot::Sender<Result<(), NoSuchChild>>) {
        let mut inner = self.write();
        let entry = inner.waiting.entry(child).or_default();
        entry.removal.push(waiting);
        entry.why_removed = Some("by hand".into());
    }

    /// Who waits for the first start of a child; asked for once, when that is over. `why` says why the child is to go
    /// off the list, where it is and nobody ordered it.
    pub(super) fn take_start(
        &self,
        child: ChildId,
        why: Option<String>,
    ) -> Option<oneshot::Sender<Result<(), NotAdded>>> {
        let mut inner = self.write();
        let entry = inner.waiting.get_mut(&child)?;
        let waiting = entry.first_start.take();
        if entry.why_removed.is_none() {
            entry.why_removed = why;
        }
        if entry.removal.is_empty() && entry.why_removed.is_none() {
            inner.waiting.remove(&child);
        }
        waiting
    }

    /// Forgets those who wait for what will not be told: for a first start of who is not `starting`, for the removal of
    /// who is not `leaving`. They are told that the supervisor went down.
    pub(super) fn forget(&self, starting: impl Fn(ChildId) -> bool, leaving: impl Fn(ChildId) -> bool) {
        let mut forgotten = Vec::new();
        self.write().waiting.retain(|child, waiting| {
            let first_start = (!starting(*child)).then(|| waiting.first_start.take()).flatten();
            let is_leaving = leaving(*child);
            if !is_leaving {
                waiting.why_removed = None;
            }
            forgotten.push(Waiting {
                first_start,
                removal: if is_leaving {
                    Vec::new()
                } else {
                    std::mem::take(&mut waiting.removal)
                },
                why_removed: None,
            });
            is_leaving || waiting.first_start.is_some()
        });
        // After the lock: it wakes who waits.
        forgotten.into_iter().for_each(Waiting::drop_each);
    }

    /// Tells all who wait that the supervisor is down, and will not answer.
    pub(crate) fn forget_all(&self) {
        let forgotten = std::mem::take(&mut self.write().waiting);
        // After the lock: it wakes who waits.
        forgotten.into_values().for_each(Waiting::drop_each);
    }
}
