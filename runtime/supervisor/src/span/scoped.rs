//! A future with a span around it.

use std::pin::Pin;
use std::task::{self, Poll};

use super::guard::Span;
use crate::context::{Context, Scoped};

pin_project_lite::pin_project! {
    /// A future that is the work of a [`Span`]: what [`Span::scope`] returns. What it does is a part of the span, on whatever
    /// thread.
    #[derive(Debug)]
    #[must_use = "a future does nothing unless it is polled"]
    pub struct InSpan<F> {
        span: Span,
        #[pin]
        work: Scoped<F>,
    }

    impl<F> PinnedDrop for InSpan<F> {
        fn drop(this: Pin<&mut Self>) {
            this.project().span.set("hedgerow.cancelled", true);
        }
    }
}

impl<F> InSpan<F> {
    pub(super) fn new(span: Span, context: Context, work: F) -> Self {
        let work = span.within(context).scope(work);
        Self { span, work }
    }
}

impl<F: Future> Future for InSpan<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, task: &mut task::Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let polled = this.work.poll(task);
        if polled.is_ready() {
            drop(std::mem::take(this.span));
        }
        polled
    }
}
