use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use proptest::prelude::*;

use super::super::streak::Streak;

#[test]
fn a_success_ends_a_run_and_one_that_has_reached_the_limit_stays_to_be_seen() {
    let streak = Streak::new(3);
    let life = streak.life();
    assert!(!streak.failure(life) && !streak.failure(life));
    streak.success(life);
    assert_eq!(streak.longest(), 0);
    assert_eq!([(); 4].map(|()| streak.failure(life)), [false, false, true, true]);
    streak.success(life);
    assert_eq!(streak.longest(), 4);
    streak.failure(life);
    assert_eq!(streak.longest(), 4);
}

#[test]
fn what_was_begun_in_one_life_says_nothing_in_the_next() {
    let streak = Streak::new(2);
    let before = streak.life();
    streak.failure(before);
    streak.failure(before);
    streak.begin();
    assert_eq!(streak.longest(), 0);
    assert!(!streak.failure(before) && !streak.failure(before));
    assert_eq!(streak.longest(), 0);
    let after = streak.life();
    streak.failure(after);
    streak.success(before);
    assert_eq!(streak.longest(), 1, "a success of then does not end a run of now");
    assert!(streak.failure(after));
    assert_eq!(streak.longest(), 2);
}

#[test]
fn of_many_failures_on_many_threads_none_is_lost_and_each_limit_rings() {
    let (streak, rung) = (Streak::new(1_000), AtomicU32::new(0));
    let life = streak.life();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..500 {
                    rung.fetch_add(u32::from(streak.failure(life)), Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(streak.longest(), 4_000);
    assert_eq!(rung.into_inner(), 3_001);
}

proptest! {
    #[test]
    fn it_is_the_run_that_counting_the_ends_gives(
        limit in 1..5_u32,
        ends in prop::collection::vec(0..8_u8, 0..100),
    ) {
        let streak = Streak::new(limit);
        let (mut run, mut latched) = (0_u32, 0_u32);
        for end in ends {
            match end {
                0 => {
                    streak.begin();
                    (run, latched) = (0, 0);
                }
                1 | 2 => {
                    streak.success(streak.life());
                    run = 0;
                }
                _ => {
                    run += 1;
                    if run >= limit {
                        latched = latched.max(run);
                    }
                    prop_assert_eq!(streak.failure(streak.life()), run >= limit);
                }
            }
            prop_assert_eq!(streak.longest(), run.max(latched));
        }
    }
}
