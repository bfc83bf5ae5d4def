//! Admissions that many threads want at once.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use crate::concurrency::admissions::{Admissions, Census, Joined};
use crate::concurrency::queued::Waiter;

const RACES: u32 = 10_000;
const THREADS: u32 = 4;
/// Of all threads together, in one race.
const ENTRANTS: u32 = 64;

#[test]
fn in_ten_thousand_races_of_64_never_more_are_inside_than_may_and_never_fewer_than_can() {
    let admissions = Admissions::new(1);
    let (inside, admitted) = (AtomicU32::new(0), AtomicU32::new(0));
    let (begin, end) = (Barrier::new(THREADS as usize), Barrier::new(THREADS as usize));
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (admissions, inside, admitted, begin, end) = (&admissions, &inside, &admitted, &begin, &end);
            scope.spawn(move || {
                for race in 0..RACES {
                    let limit = 1 + race % (ENTRANTS - 1);
                    if thread == 0 {
                        admissions.set_limit(limit);
                    }
                    begin.wait();
                    let mine = (0..ENTRANTS / THREADS)
                        .filter(|_| admissions.enter().is_ok())
                        .count() as u32;
                    let now = inside.fetch_add(mine, Ordering::AcqRel) + mine;
                    assert!(now <= limit, "{now} of {limit}");
                    end.wait();
                    if thread == 0 {
                        admitted.store(inside.load(Ordering::Acquire), Ordering::Release);
                        assert_eq!(admitted.load(Ordering::Acquire), limit);
                    }
                    end.wait();
                    inside.fetch_sub(mine, Ordering::AcqRel);
                    (0..mine).for_each(|_| admissions.leave());
                    end.wait();
                }
            });
        }
    });
    let nobody = Census {
        inside: 0,
        waiting: 0,
    };
    assert_eq!(admissions.census(), nobody);
}

/// Requests that go in, wait, give up and are dropped while they wait, on real threads.
#[test]
fn whoever_comes_waits_and_goes_no_admission_is_lost_and_none_is_given_twice() {
    const LIMIT: u32 = 3;
    let admissions = Arc::new(Admissions::new(LIMIT));
    let inside = AtomicU32::new(0);
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (admissions, inside) = (&admissions, &inside);
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_time()
                    .build()
                    .unwrap();
                runtime.block_on(async {
                    for round in 0..200_u32 {
                        let visits =
                            (0..8).map(|visit| visit_once(admissions, inside, thread + round * 8 + visit));
                        futures_util::future::join_all(visits).await;
                    }
                });
            });
        }
    });
    let nobody = Census {
        inside: 0,
        waiting: 0,
    };
    assert_eq!(admissions.census(), nobody);
    assert_eq!(inside.into_inner(), 0);

    async fn visit_once(admissions: &Arc<Admissions>, inside: &AtomicU32, chance: u32) {
        let admission = if admissions.enter().is_ok() {
            None
        } else {
            match admissions.join(&Arc::<Waiter>::default(), 16) {
                Joined::Inside => None,
                Joined::Refused(_) => return,
                Joined::Waiting(queued) if chance.is_multiple_of(3) => {
                    tokio::task::yield_now().await;
                    // Gone while it waits, or just when it was let in.
                    drop(queued);
                    return;
                }
                Joined::Waiting(mut queued) => {
                    let longest = Duration::from_micros(u64::from(chance % 50) * 20);
                    match tokio::time::timeout(longest, &mut queued).await {
                        Ok(admission) => Some(admission),
                        Err(_) => match queued.withdraw() {
                            Some(admission) => Some(admission),
                            None => return,
                        },
                    }
                }
            }
        };
        let now = inside.fetch_add(1, Ordering::AcqRel) + 1;
        assert!(now <= LIMIT, "{now}");
        tokio::task::yield_now().await;
        inside.fetch_sub(1, Ordering::AcqRel);
        match admission {
            Some(admission) => drop(admission),
            None => admissions.leave(),
        }
    }
}
