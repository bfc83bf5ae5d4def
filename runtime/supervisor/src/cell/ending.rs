//! What an incarnation has to do with its supervisor: how it is stopped, and that its end is reported.

use std::sync::Arc;
use std::time::Duration;

use actix::Actor;

use super::context::CellContext;
use super::lasting::Cell;
use crate::exit::Exit;

/// How a child is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shutdown {
    /// At once: its value is dropped, `stopping` and `stopped` do not run.
    Brutal,
    /// It is asked, and killed if it has not stopped within this time.
    Within(Duration),
    /// It is asked, and waited for as long as it takes. Default of supervisors.
    Infinity,
}

impl Default for Shutdown {
    /// Within 5 s.
    fn default() -> Self {
        Self::Within(Duration::from_secs(5))
    }
}

/// The number of a child under its supervisor. It grows with every child that is added and is never used again: the
/// order of the numbers is the order in which children start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ChildId(pub(crate) u64);

/// Whom a cell tells what became of its incarnations.
pub(crate) trait Parent: Send + Sync {
    fn ready(&self, child: ChildId, incarnation: u32);
    fn exited(&self, child: ChildId, incarnation: u32, exit: Exit);
}

/// Reports how an incarnation ended, exactly once; as lost, if its thread drops it unfinished or never takes it.
pub(super) struct ExitGuard<A: Actor<Context = CellContext<A>>> {
    pub(super) cell: Arc<Cell<A>>,
    pub(super) incarnation: u32,
    /// Once it is published.
    pub(super) exit: Option<Exit>,
}

impl<A: Actor<Context = CellContext<A>>> ExitGuard<A> {
    pub(super) fn new(cell: Arc<Cell<A>>, incarnation: u32) -> Self {
        Self {
            cell,
            incarnation,
            exit: None,
        }
    }

    /// Says how it ended, before it is reported.
    pub(super) fn publish(&mut self, exit: Exit) {
        if let Some(home) = self.cell.home() {
            let now = home.clock.wall();
            self.cell.published.record_exit(self.incarnation, &exit, now);
        }
        self.exit = Some(exit);
    }
}

impl<A: Actor<Context = CellContext<A>>> Drop for ExitGuard<A> {
    fn drop(&mut self) {
        if self.exit.is_none() {
            self.publish(Exit::Lost);
        }
        // Published before it is sent: a supervisor that falls with the message in hand finds it here.
        self.cell.control.end(self.incarnation);
        if let (Some(home), Some(exit)) = (self.cell.home(), self.exit.take()) {
            home.parent.exited(home.child, self.incarnation, exit);
        }
    }
}
