//! What a control thread is doing: written by it for every turn and message, read by the watchdog.

use std::mem;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hedgerow_view::Path;
use hedgerow_view::tree::BlockedView;

use super::watch::Sample;

/// What a turn does until it goes over to something that has a name.
pub(crate) const TURN: &str = "turn";

/// One for each control thread. Only that thread calls [`begin`](Self::begin), [`doing`](Self::doing) and
/// [`end`](Self::end). No clock is read here: that would cost more than all the rest.
#[derive(Debug)]
pub(crate) struct Activity {
    /// Grows with every step; odd while a turn is under way. It has one writer, so that a load and a store do.
    step: AtomicU64,
    /// Where what `doing` names lies in memory. Only its writer looks here, to pass by the lock where the next step
    /// is more of the same: that lock costs more than all the rest.
    path_at: AtomicUsize,
    work_at: AtomicUsize,
    work_len: AtomicUsize,
    doing: Mutex<Doing>,
    /// Whether `blocked` holds anything: for those who only ask whether.
    is_blocked: AtomicBool,
    blocked: Mutex<Option<Blocked>>,
}

#[derive(Debug)]
struct Doing {
    /// The first step that the rest belongs to.
    step: u64,
    path: Option<Path>,
    work: &'static str,
}

/// What holds a thread up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Blocked {
    /// Where the actor is.
    pub(crate) path: Path,
    /// Which of its handlers it is in.
    pub(crate) work: &'static str,
    /// For how long so far, as of the last look.
    pub(crate) for_: Duration,
}

impl Blocked {
    /// As the tree shows it.
    pub(crate) fn view(&self) -> BlockedView {
        BlockedView {
            step: self.work,
            for_ms: u64::try_from(self.for_.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

impl Default for Activity {
    fn default() -> Self {
        Self {
            step: AtomicU64::new(0),
            path_at: AtomicUsize::new(0),
            work_at: AtomicUsize::new(TURN.as_ptr().addr()),
            work_len: AtomicUsize::new(TURN.len()),
            doing: Mutex::new(Doing {
                step: 0,
                path: None,
                work: TURN,
            }),
            is_blocked: AtomicBool::new(false),
            blocked: Mutex::new(None),
        }
    }
}

impl Activity {
    /// A turn of the actor at `path` starts, with `work`.
    pub(crate) fn begin(&self, path: &Path, work: &'static str) {
        // Odd, also where a turn that was never ended came before.
        let step = self.step.load(Ordering::Relaxed).wrapping_add(1) | 1;
        // The address stays the actor's own for as long as `doing` keeps the path.
        let at = path.address();
        if at != self.path_at.load(Ordering::Relaxed) {
            let mut doing = held(&self.doing);
            doing.step = step;
            doing.work = work;
            let before = doing.path.replace(path.clone());
            drop(doing);
            self.path_at.store(at, Ordering::Relaxed);
            self.remember(work);
            // Perhaps the last one: it is freed outside of the lock.
            drop(before);
        } else if !self.is_known(work) {
            self.change(step, work);
        }
        self.step.store(step, Ordering::Release);
    }

    /// The turn goes over to `work`: the handler of the next message, or a timer.
    pub(crate) fn doing(&self, work: &'static str) {
        let step = self.step.load(Ordering::Relaxed).wrapping_add(2);
        if !self.is_known(work) {
            self.change(step, work);
        }
        self.step.store(step, Ordering::Release);
    }

    /// The turn is over. Must be called after a panic too.
    pub(crate) fn end(&self) {
        let step = self.step.load(Ordering::Relaxed).wrapping_add(1) & !1;
        self.step.store(step, Ordering::Release);
    }

    /// What blocks the thread, as the watchdog found it last.
    pub(crate) fn blocked(&self) -> Option<Blocked> {
        if !self.is_blocked() {
            return None;
        }
        held(&self.blocked).clone()
    }

    /// Whether something blocks the thread, so that new actors had better go elsewhere. One load.
    pub(crate) fn is_blocked(&self) -> bool {
        self.is_blocked.load(Ordering::Relaxed)
    }

    /// The step at present.
    pub(super) fn sample(&self) -> Sample {
        // With the store that it reads: what `doing` was before a step is not seen after it.
        let step = self.step.load(Ordering::Acquire);
        Sample {
            step,
            busy: step & 1 == 1,
        }
    }

    /// Who does what in `step`. `None` where the thread has moved on meanwhile.
    pub(super) fn at(&self, step: u64) -> Option<(Path, &'static str)> {
        let doing = held(&self.doing);
        if doing.step > step || self.step.load(Ordering::Acquire) != step {
            return None;
        }
        doing.path.clone().map(|path| (path, doing.work))
    }

    /// Names another work for `step` and the steps after it.
    fn change(&self, step: u64, work: &'static str) {
        let mut doing = held(&self.doing);
        doing.step = step;
        doing.work = work;
        drop(doing);
        self.remember(work);
    }

    fn remember(&self, work: &'static str) {
        self.work_at.store(work.as_ptr().addr(), Ordering::Relaxed);
        self.work_len.store(work.len(), Ordering::Relaxed);
    }

    /// Whether `doing` names this very text. The same text at another place is only written once more.
    fn is_known(&self, work: &'static str) -> bool {
        self.work_at.load(Ordering::Relaxed) == work.as_ptr().addr()
            && self.work_len.load(Ordering::Relaxed) == work.len()
    }

    /// Shows what blocks the thread, or that nothing does; returns what was shown before.
    pub(super) fn publish(&self, blocked: Option<Blocked>) -> Option<Blocked> {
        self.is_blocked.store(blocked.is_some(), Ordering::Relaxed);
        mem::replace(&mut *held(&self.blocked), blocked)
    }
}

/// Nothing that could panic runs under these locks.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
