//! What a supervisor tells of its children.

use std::sync::Arc;

use super::actor::SupervisorActor;
use super::step::{ChildEvents, ChildId};
use crate::events::Persistence;
use crate::exit::Exit;
use crate::slot::Slot;

impl SupervisorActor {
    pub(super) fn tell_started(&self, child: ChildId, incarnation: u32) {
        let is_ordinary = incarnation == 1;
        self.tell_unless(is_ordinary, child, "childStarted", || {
            format!("incarnation {incarnation}")
        });
    }

    pub(super) fn tell_exited(&self, child: ChildId, exit: &Exit) {
        self.tell_unless(!exit.is_abnormal(), child, "childExited", || exit.to_string());
    }

    /// By the program's own order: what an operator orders goes [another way](Self::tell).
    pub(super) fn tell_ordered(&self, child: ChildId, kind: &'static str, cause: &'static str) {
        self.tell_unless(true, child, kind, || cause.into());
    }

    pub(super) fn tell_deleted(&self, slot: &Slot, is_ordered: bool, why: String) {
        if !(is_ordered && self.is_silent()) {
            self.tell_of(slot, "childDeleted", why);
        }
    }

    /// Tells everyone of a child that is on the list.
    pub(super) fn tell(&self, child: ChildId, kind: &'static str, cause: impl FnOnce() -> String) {
        if let Some(slot) = self.slot(child) {
            self.tell_of(&slot, kind, cause());
        }
    }

    fn tell_unless(
        &self,
        is_ordinary: bool,
        child: ChildId,
        kind: &'static str,
        cause: impl FnOnce() -> String,
    ) {
        if !(is_ordinary && self.is_silent()) {
            self.tell(child, kind, cause);
        }
    }

    /// Whether nothing is told of what is ordinary.
    fn is_silent(&self) -> bool {
        self.site.policy.child_events == ChildEvents::Extraordinary
    }

    fn tell_of(&self, slot: &Slot, kind: &'static str, cause: String) {
        self.site
            .environment
            .events
            .emit(kind, &slot.path, slot.id(), cause, Persistence::Volatile);
    }

    pub(super) fn slot(&self, child: ChildId) -> Option<Arc<Slot>> {
        self.site.list.get(child)
    }
}
