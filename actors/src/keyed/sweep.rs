//! Which keys are dropped.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix::AsyncContext as _;
use hedgerow_store::Key;
use hedgerow_supervisor::{CellContext, Persistence};

use super::keeper::Keeper;
use super::place::{Care, Place};
use crate::breaker::key;

/// Sweeps for want of room are at least as long apart as this.
const BREATH: Duration = Duration::from_secs(1);

/// For how long it is not said again that there is no room.
const SAID_FOR: Duration = Duration::from_secs(60);

/// What is done about a map that is full.
#[derive(Debug, Default)]
pub(super) struct Crowded {
    is_waiting: bool,
    swept_at: Option<Duration>,
    said_at: Option<Duration>,
}

impl Keeper {
    pub(super) fn sweep_regularly(&self, context: &mut CellContext<Self>) {
        context.run_interval(self.family.limits.idle_for, |keeper, _| {
            keeper.sweep();
        });
    }

    /// Where there is no room, drops whom it can: keys without a call since the last sweep, however short ago.
    pub(super) fn make_room(&mut self, context: &mut CellContext<Self>) {
        if self.crowded.is_waiting || !self.family.is_crowded.load(Ordering::Acquire) {
            return;
        }
        let now = self.family.clock().now();
        let next = self
            .crowded
            .swept_at
            .map_or(now, |swept| swept.saturating_add(BREATH));
        if next > now {
            self.crowded.is_waiting = true;
            context.run_later(next.saturating_sub(now), |keeper, context| {
                keeper.crowded.is_waiting = false;
                keeper.make_room(context);
            });
            return;
        }
        self.crowded.swept_at = Some(now);
        self.family.is_crowded.store(false, Ordering::Release);
        self.sweep();
        let said_recently = self
            .crowded
            .said_at
            .is_some_and(|said| now < said.saturating_add(SAID_FOR));
        if self.family.len() >= self.family.limits.max_keys && !said_recently {
            self.crowded.said_at = Some(now);
            let cause = format!(
                "{}: all {} keys of scope {} are in use: further ones share one breaker; raise maxKeys",
                self.family.name(),
                self.family.limits.max_keys,
                self.family.scope(),
            );
            self.means.events.emit(
                "keysExhausted",
                context.path(),
                None,
                cause,
                Persistence::Volatile,
            );
        }
    }

    /// Drops the keys that are well and have had no call since the last sweep.
    pub(super) fn sweep(&mut self) {
        for place in self.family.all() {
            let calls = place.owner.sums().calls();
            let is_idle = place.swept_at.swap(calls, Ordering::AcqRel) == calls;
            // In the map, and here: no call is under way.
            let is_unused = Arc::strong_count(&place) == 2;
            if !place.key.is_empty() && is_idle && is_unused && place.care() == Care::Left {
                self.family.drop_place(&place.key);
                if place.is_recorded.swap(false, Ordering::AcqRel) {
                    self.forget(&place);
                }
            }
        }
    }

    /// Removes what the store has of a place.
    pub(super) fn forget(&self, place: &Place) {
        if let Ok(key) = key(&self.family.id(place)) {
            self.forget_record(&key);
        }
    }

    /// Removes a record. One that stays, because the store is broken, is found again at the next start, and dropped then.
    pub(super) fn forget_record(&self, key: &Key) {
        drop(self.means.store.delete(key));
    }
}
