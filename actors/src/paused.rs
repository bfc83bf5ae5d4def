//! Tests under paused time.
#![allow(clippy::unwrap_used)]

/// Runs a test body under paused time, which moves only when it is told to: an idle runtime would jump to its next
/// timer while the store's thread, which is real, is still at work.
pub(crate) fn run<F: Future<Output = ()>>(body: F) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    let busy = async {
        loop {
            tokio::task::yield_now().await;
        }
    };
    tokio::task::LocalSet::new().block_on(&runtime, async {
        tokio::select! {
            () = body => {}
            () = busy => {}
        }
    });
}
