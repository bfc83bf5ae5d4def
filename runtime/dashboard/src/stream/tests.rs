//! Lag, pings and resuming, in paused time.
#![allow(clippy::unwrap_used)]

use futures_util::StreamExt as _;
use hedgerow_supervisor::{Arbiters, Ground, Persistence};
use hedgerow_view::Path;
use tokio::sync::Semaphore;

use super::*;

fn events() -> Events {
    Ground::new(Arbiters::current_thread()).events
}

fn emit(events: &Events, count: usize) {
    for _ in 0..count {
        events.emit(
            "test",
            &Path::root("root"),
            None,
            "because",
            Persistence::Volatile,
        );
    }
}

fn place() -> OwnedSemaphorePermit {
    Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap()
}

fn text(frame: Option<Result<Bytes, Infallible>>) -> String {
    String::from_utf8(frame.unwrap().unwrap().to_vec()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_client_that_lags_is_told_how_many_it_missed_and_goes_on() {
    let events = events();
    let mut frames = Box::pin(frames(&events, 0, place()));
    assert_eq!(text(frames.next().await), "retry: 1000\n\n");
    emit(&events, 256 + 10);
    assert_eq!(
        text(frames.next().await),
        "event: missed\ndata: {\"missed\":10}\n\n"
    );
    assert!(text(frames.next().await).starts_with("id: 11\ndata: {\"seq\":11,"));
}

#[tokio::test(start_paused = true)]
async fn a_quiet_stream_pings_every_fifteen_seconds() {
    let events = events();
    let mut frames = Box::pin(frames(&events, 0, place()));
    frames.next().await;
    let start = tokio::time::Instant::now();
    assert_eq!(text(frames.next().await), ": ping\n\n");
    assert_eq!(start.elapsed(), Duration::from_secs(15));
}

#[tokio::test(start_paused = true)]
async fn a_client_resumes_behind_what_it_has_seen() {
    let events = events();
    emit(&events, 3);
    let first = text(Box::pin(frames(&events, 2, place())).next().await);
    assert!(first.contains("id: 3\n") && !first.contains("id: 2\n"), "{first}");
}

#[tokio::test(start_paused = true)]
async fn a_client_of_an_earlier_process_is_sent_everything() {
    let events = events();
    emit(&events, 3);
    let first = text(Box::pin(frames(&events, 900, place())).next().await);
    assert!(first.contains("id: 1\n") && first.contains("id: 3\n"), "{first}");
}
