//! How a key that is well again loses its breaker.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix::{ActorFutureExt as _, AsyncContext as _, WrapFuture as _};
use hedgerow_gate::{Armed, State, Sums};
use hedgerow_supervisor::CellContext;
use hedgerow_view::breaker::BreakerState;

use super::family::Family;
use super::keeper::{AT_ONCE, Keeper};
use super::place::{Care, Place};

/// How often breakers are asked whether they are still needed, while there are some.
const ROUND: Duration = Duration::from_secs(1);

impl Keeper {
    /// Asks all breakers from time to time whether they are still needed.
    pub(super) fn go_round(&mut self, context: &mut CellContext<Self>) {
        let is_over = self.awake.is_empty() && self.tired.is_empty() && self.starting == 0;
        if is_over || self.round.is_some() {
            return;
        }
        self.round = Some(context.run_later(ROUND, |keeper, context| {
            keeper.round = None;
            let well = keeper.awake.extract_if(.., |place| calm(place).is_some());
            keeper.tired.extend(well);
            keeper.rest_next(context);
            keeper.go_round(context);
        }));
    }

    fn rest_next(&mut self, context: &mut CellContext<Self>) {
        while self.resting < AT_ONCE
            && let Some(place) = self.tired.pop_front()
        {
            match calm(&place) {
                Some(calm) => self.put_to_rest(place, calm, context),
                None => self.awake.push(place),
            }
        }
    }

    /// Takes the breaker of a place away.
    fn put_to_rest(&mut self, place: Arc<Place>, calm: Calm, context: &mut CellContext<Self>) {
        self.resting += 1;
        place.set_care(Care::Resting);
        // Before it is stopped: a call that rings from now on is not lost.
        place.lay_down();
        let (children, name) = (self.children.clone(), Family::child_name(&place));
        let stopped = async move { children.delete(&name).await };
        context.spawn(stopped.into_actor(self).map(move |stopped, keeper, context| {
            keeper.resting -= 1;
            keeper.rested(place, &calm, stopped.is_ok(), context);
            keeper.rest_next(context);
            keeper.go_round(context);
        }));
    }

    /// Leaves a gate to itself whose breaker is gone, unless it is wanted by now.
    fn rested(&mut self, place: Arc<Place>, calm: &Calm, is_gone: bool, context: &mut CellContext<Self>) {
        let is_wanted = self.asked.iter().any(|(wanted, _)| Arc::ptr_eq(wanted, &place));
        let is_left = is_gone
            && !is_wanted
            && place.owner.state() == State::Closed
            && place.leave(calm.seen) == Armed::Set;
        if !is_left {
            place.begin_window();
            return self.wake(place, context);
        }
        place.set_care(Care::Left);
        if !calm.has_moved && place.is_recorded.swap(false, Ordering::AcqRel) {
            self.forget(&place);
        }
    }
}

/// A breaker that has nothing to do.
struct Calm {
    /// The sums that it has seen.
    seen: Sums,
    /// Whether it has a past that its next life should know of.
    has_moved: bool,
}

/// Whether the breaker of a place is closed, by no order of an operator, and its window holds no bad call.
fn calm(place: &Place) -> Option<Calm> {
    let awake = place.breaker()?;
    let shown = awake.handle.slot.shown.load();
    // 0 is one that has not begun.
    let has_begun = shown.save != 0;
    let is_well = shown.state == BreakerState::Closed && shown.window.failures == 0 && shown.window.slow == 0;
    (has_begun && is_well).then(|| Calm {
        seen: shown.seen,
        has_moved: shown.last_transition.is_some(),
    })
}
