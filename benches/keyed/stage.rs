//! A thread's runtime: current-thread, with a `LocalSet`, as actors need one.

use std::future::Future;
use std::time::Instant;

use actix::{System, SystemRunner};

thread_local! {
    // Leaked, as a runtime that ends with its thread would look for thread-locals that are gone.
    static RUNTIME: &'static SystemRunner = Box::leak(Box::new(System::new()));
}

/// Runs `scene` to its end on this thread, and meanwhile every actor that was started on it.
pub(crate) fn run<T>(scene: impl Future<Output = T>) -> T {
    RUNTIME.with(|runtime| runtime.block_on(scene))
}

/// The time.
#[expect(
    clippy::disallowed_methods,
    reason = "to read the clock is what a bench is for"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}
