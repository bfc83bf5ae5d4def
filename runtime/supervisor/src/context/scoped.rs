//! Work that keeps its context over all its polls.

use std::future::Future;
use std::pin::Pin;
use std::task::{self, Poll};

use actix::Actor;
use actix::fut::ActorFuture;

use super::Context;
use super::ambient::swapped;

/// Why the future is there: it is given up in `drop` alone.
const PRESENT: &str = "a future is taken out of its scope only when the scope is dropped";

pin_project_lite::pin_project! {
    /// A future under a [`Context`]: what [`Context::scope`] returns.
    ///
    /// The context is current while the future is polled, and while it is dropped: what a guard inside sends when
    /// the work is cancelled still belongs to that work.
    #[derive(Debug)]
    #[must_use = "a future does nothing unless it is polled"]
    pub struct Scoped<F> {
        context: Context,
        #[pin]
        future: Option<F>,
    }

    impl<F> PinnedDrop for Scoped<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            swapped(this.context, || this.future.set(None));
        }
    }
}

impl<F> Scoped<F> {
    pub(super) fn new(context: Context, future: F) -> Self {
        Self {
            context,
            future: Some(future),
        }
    }
}

impl<F: Future> Future for Scoped<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, task: &mut task::Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let future = this.future.as_pin_mut().expect(PRESENT);
        swapped(this.context, || future.poll(task))
    }
}

impl<A: Actor, F: ActorFuture<A>> ActorFuture<A> for Scoped<F> {
    type Output = F::Output;

    fn poll(
        self: Pin<&mut Self>,
        actor: &mut A,
        context: &mut A::Context,
        task: &mut task::Context<'_>,
    ) -> Poll<F::Output> {
        let this = self.project();
        let future = this.future.as_pin_mut().expect(PRESENT);
        swapped(this.context, || future.poll(actor, context, task))
    }
}
