//! Where the contestants live: one thread, or two, each with the same kind of runtime.
//!
//! It is actix's: a current-thread runtime of tokio with a `LocalSet`. What is actix's or Hedgerow's runs in the set,
//! what can be sent to other threads (kameo, ractor) on the runtime around it, as their own `spawn` says.

use std::future::Future;
use std::time::Instant;

use actix::{Arbiter, System, SystemRunner};
use tokio::sync::oneshot;

thread_local! {
    // Leaked, as a runtime that ends with its thread would look for thread-locals that are gone.
    static RUNTIME: &'static SystemRunner = Box::leak(Box::new(System::new()));
}

/// Runs `scene` to its end on this thread, and meanwhile every actor that was started on it.
pub(crate) fn run<T>(scene: impl Future<Output = T>) -> T {
    RUNTIME.with(|runtime| runtime.block_on(scene))
}

/// Runs what `scene` makes to its end on a new thread. What was started there lives on.
pub(crate) fn elsewhere<T, S>(scene: impl FnOnce() -> S + Send + 'static) -> T
where
    T: Send + 'static,
    S: Future<Output = T> + 'static,
{
    let (give, take) = oneshot::channel();
    run(async {
        let spawned = Arbiter::new().spawn_fn(move || {
            detach(async move {
                // The other end waits below.
                let _ = give.send(scene().await);
            });
        });
        assert!(spawned, "a new thread takes its first order");
        take.await.expect("a scene on the other thread does not panic")
    })
}

/// Runs `task` beside the others of this thread.
#[expect(
    clippy::disallowed_methods,
    reason = "a bench has no tree, and its contestants do the same"
)]
pub(crate) fn detach(task: impl Future<Output = ()> + 'static) {
    tokio::task::spawn_local(task);
}

/// The time.
#[expect(
    clippy::disallowed_methods,
    reason = "to read the clock is what a bench is for"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}
