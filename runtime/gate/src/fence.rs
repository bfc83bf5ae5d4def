//! How a caller shuts a gate before its owner has come to look.

use std::sync::Arc;
use std::time::Duration;

use crate::sync::{AtomicU32, AtomicU64, Ordering};

/// Time since the mesh's epoch, by a monotonic clock.
pub type Clock = Arc<dyn Fn() -> Duration + Send + Sync>;

/// How long a fence stands if nobody confirms or lifts it. An owner comes to look within microseconds, or a few
/// milliseconds on a busy machine; one that does not is not there.
pub const FENCE_LASTS: Duration = Duration::from_millis(100);

/// Who may raise the fence, and until when it stands. Whether it stands is a bit of the gate's word.
pub(crate) struct Fence {
    clock: Option<Clock>,
    /// 1 where a caller may raise it; each look of the owner allows one.
    allowed: AtomicU32,
    /// Nanoseconds since the mesh's epoch.
    until: AtomicU64,
}

impl Fence {
    pub(crate) fn never() -> Self {
        Self {
            clock: None,
            allowed: AtomicU32::new(0),
            until: AtomicU64::new(0),
        }
    }

    pub(crate) fn by(clock: Clock) -> Self {
        Self {
            clock: Some(clock),
            ..Self::never()
        }
    }

    pub(crate) fn allow(&self) {
        if self.clock.is_some() {
            self.allowed.store(1, Ordering::Release);
        }
    }

    pub(crate) fn is_allowed(&self) -> bool {
        self.allowed.load(Ordering::Relaxed) != 0
    }

    /// True for the one who is to set the bit. The time is set before: who meets the bit finds it.
    pub(crate) fn raise(&self) -> bool {
        let Some(clock) = &self.clock else { return false };
        if self.allowed.swap(0, Ordering::AcqRel) == 0 {
            return false;
        }
        let until = clock().saturating_add(FENCE_LASTS);
        self.until.swap(
            u64::try_from(until.as_nanos()).unwrap_or(u64::MAX),
            Ordering::AcqRel,
        );
        true
    }

    pub(crate) fn has_lapsed(&self) -> bool {
        let until = Duration::from_nanos(self.until.load(Ordering::Acquire));
        self.clock.as_ref().is_none_or(|clock| clock() >= until)
    }

    /// When it lapses.
    pub(crate) fn until(&self) -> Duration {
        Duration::from_nanos(self.until.load(Ordering::Acquire))
    }
}
