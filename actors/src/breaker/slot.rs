//! What belongs to the place of a breaker in the tree, over all incarnations.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use arc_swap::ArcSwap;
use hedgerow_config::BreakerPolicy;
use hedgerow_gate::{Gate, Owner, Sums};
use hedgerow_supervisor::Clock;
use hedgerow_view::Identity;

use super::half_open::CountedGate;
use super::shown::Shown;
use super::{CallMeter, Machine, Now};
use crate::unix::unix_ms;

/// What belongs to the place in the tree, over all incarnations: callers hold it.
pub(crate) struct BreakerSlot {
    pub(super) id: Identity,
    pub(super) gate: Arc<Gate>,
    pub(super) owner: Owner,
    /// What the gate's sums were where the first incarnation begins to count.
    base: Sums,
    pub(crate) shown: ArcSwap<Shown>,
    /// Saves that were asked for so far, over all incarnations: the number of the last one, 0 where there was none.
    pub(super) saves: AtomicU64,
    /// The last save that is known to be on the disk. What is shown names the save that speaks for it, so that a state
    /// is never taken as kept because an earlier one was.
    pub(super) kept: AtomicU64,
    pub(super) policy: ArcSwap<BreakerPolicy>,
    pub(super) meter: CallMeter,
    /// For those that prefer half-open gates.
    pub(super) half_open: CountedGate,
}

impl BreakerSlot {
    pub(crate) fn new(id: Identity, owner: Owner, base: Sums, policy: BreakerPolicy, clock: Clock) -> Self {
        let fresh = Machine::new(policy.clone(), now(clock), base, 0);
        Self {
            id,
            gate: Arc::clone(owner.gate()),
            owner,
            base,
            shown: ArcSwap::from_pointee(Shown::of(&fresh, 0, base)),
            saves: AtomicU64::new(0),
            kept: AtomicU64::new(0),
            meter: CallMeter::new(&policy, clock),
            policy: ArcSwap::from_pointee(policy),
            half_open: CountedGate::default(),
        }
    }

    /// Where the next incarnation of this number begins to count.
    pub(super) fn base(&self, incarnation: u32) -> Sums {
        if incarnation == 1 {
            self.base
        } else {
            self.owner.sums()
        }
    }
}

/// What is known of the life before, when an actor is started for the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Past {
    /// The store knows.
    Recorded,
    /// There was none.
    None,
}

/// The time as a machine is told it.
pub(crate) fn now(clock: Clock) -> Now {
    Now {
        elapsed: clock.now(),
        unix_ms: unix_ms(clock.wall()),
    }
}
