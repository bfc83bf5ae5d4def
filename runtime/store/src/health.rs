//! What a store says about itself.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::engine::SetAside;
use crate::error::Problem;

/// How a store is, at the moment it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// The engine in use: `sled`, `memory`, or the name of one of your own.
    pub backend: &'static str,
    /// Whether the next save can be expected to survive a crash.
    pub durable: bool,
    /// What is wrong now. The disk is tried again by itself, and when it works again this
    /// is none.
    pub problem: Option<Problem>,
    /// The last problem, also after it is over. It tells of outages that were too short to be seen.
    pub last_problem: Option<Problem>,
    /// How often the disk has begun to fail since the store was opened.
    pub outages: u64,
    /// Records that are in memory only, until the disk works again.
    pub held: usize,
    /// The damaged directory that was moved aside since the store was opened.
    pub set_aside: Option<SetAside>,
}

/// What a store has done since it was opened. Each figure only grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Saves and deletes that were acknowledged.
    pub saved: u64,
    /// Saves and deletes that were refused or failed.
    pub failed: u64,
    /// Group commits that succeeded: one flush each.
    pub commits: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counting {
    pub(crate) saved: AtomicU64,
    pub(crate) failed: AtomicU64,
    pub(crate) commits: AtomicU64,
}

impl Counting {
    pub(crate) fn read(&self) -> Counters {
        Counters {
            saved: self.saved.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            commits: self.commits.load(Ordering::Relaxed),
        }
    }
}
