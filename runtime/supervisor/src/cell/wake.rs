//! The time at which an actor wants to look again.

use std::time::Duration;

use actix::{Actor, AsyncContext as _, SpawnHandle};

use super::context::CellContext;

/// What is between a look and the next at the least: a timer that is over at once would be polled again in the same turn.
const LEAST: Duration = Duration::from_millis(1);

/// A time that is asked for, and its timer.
pub(super) struct Wake<A: Actor<Context = CellContext<A>>> {
    at: Duration,
    timer: SpawnHandle,
    run: fn(&mut A, &mut CellContext<A>),
}

impl<A: Actor<Context = Self>> CellContext<A> {
    /// Runs `run` once at this time of the mesh's [clock](Self::clock), and at no other: what is asked for here replaces what
    /// was asked for here before, and `None` is no time at all. A time that is over is a millisecond away.
    ///
    /// It is for an actor that knows after each look when it has to look again, if nothing happens before.
    pub fn wake_at(&mut self, at: Option<Duration>, run: fn(&mut A, &mut Self)) {
        if let Some(wake) = &mut self.wake
            && Some(wake.at) == at
        {
            wake.run = run;
            return;
        }
        // One that was left behind would be polled for ever.
        if let Some(Wake { timer, .. }) = self.wake.take() {
            self.cancel_future(timer);
        }
        if let Some(at) = at {
            let after = at.saturating_sub(self.clock().now()).max(LEAST);
            let timer = self.run_later(after, |actor, context| {
                if let Some(Wake { run, .. }) = context.wake.take() {
                    run(actor, context);
                }
            });
            self.wake = Some(Wake { at, timer, run });
        }
    }
}
