//! What a cell publishes of itself. Reading it sends no message and waits for nobody.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::time::SystemTime;

use arc_swap::ArcSwapOption;
use hedgerow_view::tree::{ActorState, LastExit};

use crate::exit::Exit;

const STATES: [ActorState; 6] = [
    ActorState::Starting,
    ActorState::Running,
    ActorState::Restarting,
    ActorState::Stopping,
    ActorState::Stopped,
    ActorState::Failed,
];

/// Exits remembered for who asks why a question went unanswered: an actor may fall again, restarted at once, before the
/// one who asked is told of its first fall.
const EXITS: usize = 4;

/// How and when an incarnation ended.
#[derive(Debug, Clone)]
struct Ended {
    incarnation: u32,
    exit: Exit,
    at: SystemTime,
}

/// State, incarnation and last exits of one cell.
#[derive(Debug, Default)]
pub(crate) struct Published {
    state: AtomicU8,
    incarnation: AtomicU32,
    /// Of late, the last one last.
    exits: ArcSwapOption<Vec<Ended>>,
}

impl Published {
    pub(crate) fn state(&self) -> ActorState {
        STATES[usize::from(self.state.load(Ordering::Acquire))]
    }

    pub(crate) fn mark(&self, state: ActorState) {
        self.state.store(state as u8, Ordering::Release);
    }

    pub(crate) fn incarnation(&self) -> u32 {
        self.incarnation.load(Ordering::Acquire)
    }

    pub(crate) fn begin(&self, incarnation: u32) {
        self.incarnation.store(incarnation, Ordering::Release);
    }

    /// How often it was started again.
    pub(crate) fn restarts(&self) -> u64 {
        u64::from(self.incarnation().saturating_sub(1))
    }

    /// Publishes how an incarnation ended. Before its unanswered questions are dropped, so that who asked finds it here.
    pub(crate) fn record_exit(&self, incarnation: u32, exit: &Exit, at: SystemTime) {
        let earlier = self.exits.load();
        let earlier = earlier.as_deref().map_or(&[][..], Vec::as_slice);
        let mut exits = earlier[earlier.len().saturating_sub(EXITS - 1)..].to_vec();
        exits.push(Ended {
            incarnation,
            exit: exit.clone(),
            at,
        });
        self.exits.store(Some(Arc::new(exits)));
    }

    /// The exit of the last incarnation that has ended, as it is shown.
    pub(crate) fn last_exit(&self) -> Option<LastExit> {
        let exits = self.exits.load();
        let Ended { exit, at, .. } = exits.as_ref()?.last()?;
        let panic = exit.panic();
        Some(LastExit {
            reason: exit.name(),
            message: exit.message(),
            location: panic.and_then(|record| record.location.clone()),
            backtrace: panic.and_then(|record| record.backtrace.clone()),
            at: (*at).into(),
        })
    }

    /// How this incarnation ended; `None` while it lives, and once several others have ended since.
    pub(crate) fn exit_of(&self, incarnation: u32) -> Option<Exit> {
        let exits = self.exits.load();
        let ended = exits
            .as_ref()?
            .iter()
            .find(|ended| ended.incarnation == incarnation)?;
        Some(ended.exit.clone())
    }
}
