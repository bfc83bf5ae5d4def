//! Where the endpoints come from and how fresh that is, for everyone to see.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hedgerow_supervisor::{Clock, Inspect};
use hedgerow_view::upstream::{DiscoveryState, DiscoveryView};
use hedgerow_view::{Path, View};

use super::Members;

/// What belongs to the place of a discovery, over all incarnations. Only its actor writes it.
pub(crate) struct Shown {
    source: &'static str,
    name: String,
    clock: Clock,
    learned: Mutex<Learned>,
}

/// What was learned from the source.
#[derive(Debug, Clone, Default)]
pub(crate) struct Learned {
    /// Who is to be an endpoint.
    pub(crate) members: Members,
    /// When the source last said so.
    pub(crate) confirmed_at: Option<Duration>,
    /// Whether it did not say so last.
    pub(crate) is_stale: bool,
    /// What is wrong with what it says, or why it says nothing.
    pub(crate) problem: Option<String>,
    /// Whether there was ever an endpoint.
    pub(crate) had_any: bool,
    pub(crate) look_ups: u64,
    pub(crate) failures: u64,
}

impl Shown {
    pub(super) fn new(source: &'static str, name: String, clock: Clock) -> Self {
        Self {
            source,
            name,
            clock,
            learned: Mutex::default(),
        }
    }

    /// What was learned; held for no longer than it takes to read or write it.
    pub(super) fn learned(&self) -> MutexGuard<'_, Learned> {
        self.learned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The source and what is asked of it, in words.
    pub(super) fn named(&self) -> String {
        format!("{} {}", self.source, self.name)
    }

    pub(crate) fn view(&self) -> DiscoveryView {
        let now = self.clock.now();
        let learned = self.learned();
        let age = learned.confirmed_at.map(|at| now.saturating_sub(at));
        DiscoveryView {
            source: self.source,
            name: self.name.clone(),
            state: match (learned.had_any, learned.is_stale) {
                (false, _) => DiscoveryState::Waiting,
                (true, false) => DiscoveryState::Fresh,
                (true, true) => DiscoveryState::Stale,
            },
            members: learned.members.len(),
            age_ms: age.map(|age| u64::try_from(age.as_millis()).unwrap_or(u64::MAX)),
            look_ups: learned.look_ups,
            failures: learned.failures,
            problem: learned.problem.clone(),
        }
    }
}

impl Inspect for Shown {
    fn view(&self, _: &Path) -> View {
        View::Discovery(self.view())
    }
}
