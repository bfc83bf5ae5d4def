//! One attempt.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::abortable;
use hedgerow_supervisor::Trace;

use super::held::{Closing, Held, Made};
use super::place::{Place, Traced};
use super::slot::{Notice, Slot};

/// Begins an attempt for this place, under the context of who wanted it first. It ends by its report, whatever becomes of the
/// caller or the actor.
pub(super) fn begin<T: Send + Sync + 'static>(slot: &Arc<Slot<T>>, place: &Arc<Place<T>>, attempt: u64) {
    let limit = slot.policy.timeout;
    let mut kept = place.kept();
    let (context, spare) = (kept.context.take().unwrap_or_default(), kept.spare.take());
    let report = Report {
        slot: Arc::clone(slot),
        place: Arc::clone(place),
        attempt,
        began: slot.clock.now(),
        trace: context.trace(),
        is_told: false,
    };
    let closing = Arc::clone(&slot.closing);
    let mut span = context.span("make").attribute("hedgerow.factory", slot.id.name());
    kept.traced = match (context.trace(), span.trace()) {
        (Some(by), Some(attempt)) => Some(Traced { by, attempt }),
        _ => None,
    };
    let context = span.within(context);
    let work = async move {
        let obtained = tokio::time::timeout(limit, obtain(&closing, spare));
        let result = match AssertUnwindSafe(obtained).catch_unwind().await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(format!("it was not made within {} ms", limit.as_millis())),
            Err(panic) => Err(format!("making it panicked: {}", said(&*panic))),
        };
        if let Err(why) = &result {
            span.fail("made");
            span.set("hedgerow.refused.observed", why.as_str());
        }
        drop(span);
        report.tell(result);
    };
    let (work, abort) = abortable(context.scope(work));
    kept.under_way = Some(abort);
    drop(kept);
    slot.closing.spawn.spawn(Box::pin(work.map(|_| ())));
}

/// Resets what there is to be reset, and makes another where that fails.
async fn obtain<T: Send + Sync + 'static>(
    closing: &Arc<Closing<T>>,
    spare: Option<Arc<Held<T>>>,
) -> Result<Arc<Held<T>>, String> {
    if let (Some(spare), Some(reset)) = (spare, &closing.recipe.reset) {
        match reset(Arc::clone(spare.thing())).await {
            Ok(()) => return Ok(spare),
            Err(why) => tracing::info!(
                why,
                "what a factory has made cannot be reset, and another is made"
            ),
        }
    }
    let thing = (closing.recipe.make)().await?;
    Ok(Arc::new(Held::new(thing, closing)))
}

/// What becomes of an attempt is told once: where its work is dropped unfinished, too.
struct Report<T: Send + Sync + 'static> {
    slot: Arc<Slot<T>>,
    place: Arc<Place<T>>,
    attempt: u64,
    began: Duration,
    trace: Option<Trace>,
    is_told: bool,
}

impl<T: Send + Sync + 'static> Report<T> {
    fn tell(mut self, result: Result<Arc<Held<T>>, String>) {
        let at = self.slot.clock.now();
        let took = at.saturating_sub(self.began);
        let is_first = self.place.kept().machine.is_first();
        self.end(result.map(|held| Made {
            held,
            slot: Arc::downgrade(&self.slot),
            place: Arc::downgrade(&self.place),
            scope: self.slot.policy.scope,
            attempt: self.attempt,
            at,
            clock: self.slot.clock,
            took,
            is_within_slo: is_first && took <= self.slot.policy.slo.cold_start,
            trace: self.trace,
        }));
    }

    fn end(&mut self, result: Result<Made<T>, String>) {
        if !std::mem::replace(&mut self.is_told, true) {
            self.slot.tell(Notice::Ended {
                place: Arc::clone(&self.place),
                attempt: self.attempt,
                result,
            });
        }
    }
}

impl<T: Send + Sync + 'static> Drop for Report<T> {
    fn drop(&mut self) {
        self.end(Err("the attempt was given up".to_owned()));
    }
}

/// What a panic said.
fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("it said nothing")
}
