use std::time::Duration;

use hedgerow_gate::{Rates, Sums};
use proptest::prelude::*;

use super::super::Window;
use super::super::rate::RateRule;
use super::sums;

const SECOND: Duration = Duration::from_secs(1);

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Post-mortem: a window whose first boundary was made by the first tick took the failures before it for its base
/// and forgot them.
#[test]
fn what_came_before_the_first_observation_is_in_the_window() {
    let mut window = Window::new(10 * SECOND, ms(0), sums(5, 5));
    window.observe(ms(700), sums(5, 12));
    assert_eq!(window.totals(), sums(0, 7));
    window.observe(ms(1_400), sums(6, 12));
    assert_eq!(window.totals(), sums(1, 7));
}

#[test]
fn a_call_leaves_after_the_length_and_at_most_one_bucket() {
    // A bucket is 500 ms.
    let mut window = Window::new(10 * SECOND, ms(0), Sums::default());
    for now in (0..=9_500).step_by(500) {
        window.observe(ms(now), sums(0, u64::from(now >= 500)));
    }
    window.observe(ms(10_000), sums(0, 1));
    assert_eq!(
        window.totals(),
        sums(0, 1),
        "it may have ended just before 500 ms, but not before 0"
    );
    window.observe(ms(10_500), sums(0, 1));
    assert_eq!(window.totals(), Sums::default());
}

#[test]
fn a_gap_of_any_length_loses_no_call() {
    let mut window = Window::new(10 * SECOND, ms(0), Sums::default());
    window.observe(ms(1), sums(1, 0));
    window.observe(ms(3_600_000), sums(1, 4));
    assert_eq!(
        window.totals(),
        sums(0, 4),
        "noticed now, counted from now; the old one is gone"
    );
    window.observe(ms(3_609_999), sums(1, 4));
    assert_eq!(window.totals(), sums(0, 4));
    window.observe(ms(3_610_000), sums(1, 4));
    assert!(window.is_empty());
}

#[test]
fn ticks_are_asked_for_while_there_are_calls_and_no_longer() {
    let mut window = Window::new(10 * SECOND, ms(0), Sums::default());
    assert_eq!(window.next_tick(), None);
    window.observe(ms(100), sums(1, 0));
    let mut ticks = 0;
    while let Some(next) = window.next_tick() {
        window.observe(next, sums(1, 0));
        ticks += 1;
    }
    assert_eq!(ticks, 21);
}

#[test]
fn a_bucket_is_never_shorter_than_ten_milliseconds() {
    let mut window = Window::new(ms(40), ms(0), Sums::default());
    window.observe(ms(1), sums(1, 0));
    assert_eq!(window.next_tick(), Some(ms(10)));
}

#[test]
fn a_clock_that_stands_still_or_steps_back_breaks_nothing() {
    let mut window = Window::new(10 * SECOND, ms(5_000), Sums::default());
    window.observe(ms(4_000), sums(1, 0));
    window.observe(ms(5_000), sums(1, 1));
    assert_eq!(window.totals(), sums(1, 1));
}

#[test]
fn the_fuse_by_example() {
    let rule = |limit, min_calls| RateRule {
        limit,
        min_calls,
        longest: None,
    };
    let table = [
        // limit, min calls, successes, failures: fuse
        (0.5, 20, 0, 0, Some(10)),
        (0.5, 20, 100, 0, Some(100)),
        (0.5, 20, 100, 40, Some(60)),
        (0.5, 20, 5, 9, Some(1)),
        (0.5, 20, 0, 10, Some(0)),
        (0.07, 1, 93, 6, Some(1)),
        (1.0, 5, 0, 0, Some(5)),
        (1.0, 5, 0, 3, Some(2)),
        (1.0, 5, 1, 3, None),
        (0.01, 1, 0, 0, Some(1)),
    ];
    for (limit, min_calls, successes, failures, fuse) in table {
        assert_eq!(
            rule(limit, min_calls).fuse(failures, successes + failures),
            fuse,
            "limit {limit} of {min_calls}, window {successes}+{failures}"
        );
    }
}

#[test]
fn a_rate_that_is_written_as_a_decimal_is_crossed_when_it_is_met() {
    for percent in 1..=100_u64 {
        let rule = Rates {
            failure: Some(percent as f64 / 100.0),
            slow: None,
            min_calls: 1,
        };
        assert!(
            rule.failure_is_crossed(sums(100 - percent, percent)),
            "{percent} %"
        );
        assert!(
            !rule.failure_is_crossed(sums(101 - percent, percent - 1)),
            "below {percent} %"
        );
    }
}

proptest! {
    /// The window against all calls with their times, which it must bracket: at least those of its length, at
    /// most those of one bucket more.
    #[test]
    fn the_window_holds_its_length_and_at_most_a_bucket_more(
        steps in prop::collection::vec((1_u64..700, 0_u64..5, 0_u64..5), 1..200),
    ) {
        let (length, bucket) = (ms(4_000), ms(200));
        let mut window = Window::new(length, ms(0), Sums::default());
        let mut noticed: Vec<(Duration, Sums)> = Vec::new();
        let (mut now, mut total, mut longest_gap) = (ms(0), Sums::default(), ms(0));
        for (advance, successes, failures) in steps {
            now += ms(advance);
            longest_gap = longest_gap.max(ms(advance));
            total = sums(total.successes + successes, total.failures + failures);
            noticed.push((now, sums(successes, failures)));
            window.observe(now, total);
            let since = |start: Duration| noticed.iter().filter(|(at, _)| *at > start).fold(
                Sums::default(),
                |all, (_, more)| sums(all.successes + more.successes, all.failures + more.failures),
            );
            let least = since(now.saturating_sub(length));
            let most = since(now.saturating_sub(length + bucket + longest_gap));
            let held = window.totals();
            prop_assert!((least.successes..=most.successes).contains(&held.successes));
            prop_assert!((least.failures..=most.failures).contains(&held.failures));
        }
    }

    /// Any sequence of calls with fewer failures than the fuse leaves the rule uncrossed, and one with exactly so
    /// many can cross it: the fuse is the exact bound.
    #[test]
    fn the_fuse_is_exact(
        limit in prop_oneof![1 => Just(1.0), 4 => (1_u32..=100).prop_map(|p| f64::from(p) / 100.0)],
        min_calls in 1_u32..40,
        successes in 0_u64..60,
        failures in 0_u64..60,
        later in prop::collection::vec(any::<bool>(), 0..150),
    ) {
        let rule = Rates { failure: Some(limit), slow: None, min_calls };
        let fuse = RateRule { limit, min_calls, longest: None }.fuse(failures, successes + failures);
        let (mut window, mut burnt) = (sums(successes, failures), 0);
        for failed in later {
            if failed {
                window.failures += 1;
                burnt += 1;
            } else {
                window.successes += 1;
            }
            if rule.failure_is_crossed(window) {
                prop_assert!(fuse.is_some_and(|fuse| fuse <= burnt), "crossed by {burnt}, fuse {fuse:?}");
            }
        }
        if let Some(fuse) = fuse {
            let mut spent = sums(successes, failures + fuse);
            spent.successes += u64::from(min_calls).saturating_sub(spent.calls());
            prop_assert!(rule.failure_is_crossed(spent));
        }
    }
}
