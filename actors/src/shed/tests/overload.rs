//! How many levels are refused, under a time of its own.

use std::time::Duration;

use proptest::prelude::*;

use crate::shed::overload::{LEAST_SAMPLES, Overload, QUIET, WINDOW};

const TARGET: Duration = Duration::from_millis(100);

struct Run {
    overload: Overload,
    now: Duration,
}

impl Run {
    fn new() -> Self {
        Self {
            overload: Overload::new(TARGET, 3),
            now: Duration::from_secs(1),
        }
    }

    /// One window in which all requests took as long.
    fn window(&mut self, took: Duration) -> u32 {
        for _ in 0..LEAST_SAMPLES {
            self.overload.sample(self.now, took);
            self.now += WINDOW / (LEAST_SAMPLES - 1) + Duration::from_nanos(1);
        }
        self.overload.refused()
    }
}

#[test]
fn one_level_more_is_refused_in_each_window_that_is_too_slow_but_never_the_last_one() {
    let mut run = Run::new();
    let refused: Vec<_> = (0..5).map(|_| run.window(2 * TARGET)).collect();
    assert_eq!(refused, [1, 2, 3, 3, 3]);
    assert_eq!(run.overload.mean(), 2 * TARGET);
    assert_eq!(run.window(TARGET), 3, "just in time");
    let refused: Vec<_> = (0..4).map(|_| run.window(TARGET / 2)).collect();
    assert_eq!(refused, [2, 1, 0, 0]);
}

#[test]
fn a_few_slow_requests_among_many_are_no_overload() {
    let mut run = Run::new();
    for turn in 0..1_000 {
        let took = if turn % 100 == 0 { 20 * TARGET } else { TARGET / 2 };
        run.overload.sample(run.now, took);
        run.now += WINDOW / 100;
        assert_eq!(run.overload.refused(), 0);
    }
}

#[test]
fn when_nothing_ends_any_more_levels_come_back_by_and_by() {
    let mut run = Run::new();
    (0..3).for_each(|_| {
        run.window(2 * TARGET);
    });
    for left in [3, 2, 1, 0] {
        run.overload.look(run.now);
        assert_eq!(run.overload.refused(), left);
        run.now += QUIET;
    }
}

#[test]
fn another_target_goes_on_from_what_is_refused() {
    let mut run = Run::new();
    (0..3).for_each(|_| {
        run.window(2 * TARGET);
    });
    run.overload.retune(3 * TARGET, 2);
    assert_eq!(run.overload.refused(), 2);
    assert_eq!(run.window(2 * TARGET), 1);
}

proptest! {
    #[test]
    fn whatever_it_is_told_the_most_important_level_is_never_refused_and_a_step_is_one_level(
        told in prop::collection::vec((any::<bool>(), 0..100_000_u64, 0..1_000_u64), 0..500),
    ) {
        let mut overload = Overload::new(TARGET, 3);
        for (ends, at, took) in told {
            let before = overload.refused();
            // Readings come in any order.
            let now = Duration::from_millis(at);
            if ends {
                overload.sample(now, Duration::from_millis(took));
            } else {
                overload.look(now);
            }
            prop_assert!(overload.refused() <= 3);
            prop_assert!(overload.refused().abs_diff(before) <= 1);
        }
    }
}
