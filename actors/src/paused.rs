//! Tests under paused time.
#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

/// In real time; a test that takes longer waits for what never comes.
const LONGEST: Duration = Duration::from_secs(60);

/// Less than any back-off, so that a back-off is seen to pass.
const STEP: Duration = Duration::from_millis(10);

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

/// Lets the others of this thread have so many turns that what is wrongly due would be seen. Only for what must not
/// happen: what must happen may need an answer of another thread, which takes no number of turns.
pub(crate) async fn idle() {
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
}

/// Waits for what nothing but this thread's turns and the answers of others stands in the way of.
pub(crate) async fn until(seen: impl Fn() -> bool) {
    while !seen() {
        tokio::task::yield_now().await;
    }
}

/// Moves time until something is seen, for what waits for a timer that an answer of another thread arms: nothing shows
/// when it is armed, and time that was moved before is lost on it. How far time moves is open.
pub(crate) async fn pass_until(seen: impl Fn() -> bool) {
    while !seen() {
        tokio::time::advance(STEP).await;
    }
}

/// Waits for what timers of this thread stand in the way of: time moves by milliseconds until it is there.
pub(crate) async fn passing<T>(work: impl Future<Output = T>) -> T {
    let time = async {
        loop {
            tokio::time::advance(Duration::from_millis(1)).await;
        }
    };
    tokio::select! {
        biased;
        done = work => done,
        () = time => unreachable!("time has no end"),
    }
}
