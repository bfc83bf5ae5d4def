//! A caller who waits for what another one has begun to make, in its trace.

use hedgerow_supervisor::{Context, Span, Trace};

use super::place::Place;
use super::slot::Slot;

/// The span of a caller who waits, where its trace is recorded. It is linked to the attempt, which is a part of what another
/// caller does. Who has the attempt as a part of its own has no use for such a span. Dropped while it waits, it was cancelled.
pub(super) struct Waiting<'a, T: Send + Sync + 'static> {
    span: Span,
    by: Option<Trace>,
    place: &'a Place<T>,
    is_over: bool,
}

impl<'a, T: Send + Sync + 'static> Waiting<'a, T> {
    /// One that begins now, at this place of a factory.
    pub(super) fn at(slot: &Slot<T>, place: &'a Place<T>) -> Self {
        let context = Context::current();
        let span = context.span("factory wait");
        Self {
            span: span.attribute("hedgerow.factory", slot.id.name()),
            by: context.trace(),
            place,
            is_over: false,
        }
    }

    /// It has heard what became of the attempt, or does not wait any longer.
    pub(super) fn end(mut self) {
        self.is_over = true;
    }
}

impl<T: Send + Sync + 'static> Drop for Waiting<'_, T> {
    fn drop(&mut self) {
        if !self.span.is_recorded() {
            return;
        }
        let mut span = std::mem::take(&mut self.span);
        match self.place.kept().traced {
            Some(traced) if Some(traced.by) == self.by => return span.discard(),
            Some(traced) => span.link(traced.attempt),
            None => {}
        }
        if !self.is_over {
            span.set("hedgerow.cancelled", true);
        }
    }
}
