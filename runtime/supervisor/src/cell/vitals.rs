//! What a cell publishes of itself. Reading it sends no message and waits for nobody.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwapOption;
use hedgerow_view::tree::{ActorState, LastExit, MailboxView};

use crate::exit::Exit;
use crate::supervision::spec::MAILBOX;

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

/// State, incarnation, last exit and queue of one cell.
#[derive(Debug, Default)]
pub(crate) struct Vitals {
    state: AtomicU8,
    incarnation: AtomicU32,
    /// Of late, the last one last.
    exits: ArcSwapOption<Vec<Ended>>,
    pub(crate) queue: Queue,
}

impl Vitals {
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
        let message = match exit {
            Exit::Normal | Exit::Shutdown => None,
            Exit::Panic(record) => Some(record.message.clone()),
            other => Some(other.to_string()),
        };
        Some(LastExit {
            reason: exit.name(),
            message,
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

/// Admission to a mailbox, and what came of it.
#[derive(Debug)]
pub(crate) struct Queue {
    depth: AtomicU64,
    capacity: AtomicU64,
    handled: AtomicU64,
    refused: AtomicU64,
    /// When the queue was last seen empty or last moved on, in milliseconds of mesh time.
    moved_ms: AtomicU64,
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            depth: AtomicU64::new(0),
            capacity: AtomicU64::new(MAILBOX as u64),
            handled: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            moved_ms: AtomicU64::new(0),
        }
    }
}

impl Queue {
    /// Sets how many may wait.
    pub(crate) fn limit(&self, capacity: usize) {
        self.capacity.store(capacity as u64, Ordering::Relaxed);
    }

    /// Takes a place in the queue, or says that there is none.
    pub(crate) fn admit(&self) -> Result<(), Full> {
        if self.depth.fetch_add(1, Ordering::AcqRel) >= self.capacity.load(Ordering::Relaxed) {
            self.depth.fetch_sub(1, Ordering::AcqRel);
            self.refused.fetch_add(1, Ordering::Relaxed);
            return Err(Full);
        }
        Ok(())
    }

    /// Gives a place back: its message was taken out.
    pub(crate) fn release(&self) {
        self.depth.fetch_sub(1, Ordering::AcqRel);
    }

    /// Counts a message, by whatever lane it came.
    pub(crate) fn count(&self) {
        self.handled.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn moved(&self, now: Duration) {
        self.moved_ms.store(now.as_millis() as u64, Ordering::Relaxed);
    }

    pub(crate) fn view(&self, now: Duration) -> MailboxView {
        let depth = self.depth.load(Ordering::Acquire);
        let waited = (now.as_millis() as u64).saturating_sub(self.moved_ms.load(Ordering::Relaxed));
        MailboxView {
            depth,
            capacity: self.capacity.load(Ordering::Relaxed),
            handled: self.handled.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
            oldest_ms: if depth == 0 { 0 } else { waited },
        }
    }
}

/// No place left.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Full;
