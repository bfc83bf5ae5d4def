//! Tests under paused time.
#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

/// In real time; a test that takes longer waits for what never comes.
const LONGEST: Duration = Duration::from_secs(60);

/// Runs a test body under paused time, which moves only when it is told to: an idle runtime would jump to its next
/// timer while the store's thread, which is real, is still at work.
#[expect(clippy::disallowed_methods, reason = "no other clock moves by itself here")]
pub(crate) fn run<F: Future<Output = ()>>(body: F) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    let begun = Instant::now();
    let busy = async {
        while begun.elapsed() < LONGEST {
            tokio::task::yield_now().await;
        }
    };
    tokio::task::LocalSet::new().block_on(&runtime, async {
        tokio::select! {
            () = body => {}
            () = busy => panic!("what the test waits for does not come within {LONGEST:?}"),
        }
    });
}
