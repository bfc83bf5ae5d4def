//! Many threads at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::super::bound::{Bound, Joined};

const THREADS: usize = 4;
const EACH: usize = 3_000;

/// Takes and gives back on several threads, each with many tasks of which some go away while they wait; says how many were
/// served.
fn hammer(limit: u32, barging: u32) -> u32 {
    let bound = Arc::new(Bound::new(limit, barging));
    let (out, served) = (AtomicU32::new(0), AtomicU32::new(0));
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (bound, out, served) = (bound.clone(), &out, &served);
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                let task = |number: usize| {
                    let bound = bound.clone();
                    async move {
                        let is_in = match bound.enter() {
                            Ok(_) => true,
                            Err(_) => match bound.join(u32::MAX) {
                                Joined::In(_) => true,
                                Joined::Refused(census) => panic!("{census}"),
                                // It is dropped unserved, or served and unknowing.
                                Joined::Waiting(turn) if number.is_multiple_of(3) => {
                                    tokio::select! {
                                        biased;
                                        () = tokio::task::yield_now() => false,
                                        served = turn => served,
                                    }
                                }
                                Joined::Waiting(turn) => turn.await,
                            },
                        };
                        if is_in {
                            let before = out.fetch_add(1, Ordering::AcqRel);
                            assert!(before < limit, "{before} are out");
                            served.fetch_add(1, Ordering::Relaxed);
                            if number.is_multiple_of(2) {
                                tokio::task::yield_now().await;
                            }
                            out.fetch_sub(1, Ordering::AcqRel);
                            bound.leave();
                        } else {
                            assert!(number.is_multiple_of(3));
                        }
                    }
                };
                let tasks = (0..EACH).map(|number| task(thread + number));
                runtime.block_on(futures_util::future::join_all(tasks));
            });
        }
    });
    let census = bound.census();
    assert_eq!((census.out, census.waiting), (0, 0));
    served.into_inner()
}

#[test]
fn b9_no_wake_up_is_lost_whoever_goes_and_never_more_are_out_than_may_be() {
    for (limit, barging) in [(1, 0), (3, 0), (1, 1), (2, 7), (64, 0)] {
        let served = hammer(limit, barging);
        let stayed = THREADS * EACH * 2 / 3;
        assert!(served as usize >= stayed - THREADS, "{served}");
    }
}
