use proptest::prelude::*;

use super::*;

const MOST: NonZeroUsize = NonZeroUsize::new(2_048).expect("it is above 0");
const LOOK: Duration = Duration::from_millis(1);

/// A bound that wants a thread to be busy for so many hundredths.
fn bound(percent: u32) -> Bound {
    Bound::new(f64::from(percent) / 100.0, MOST)
}

/// A look of so long, at a thread that is idle for so many hundredths of it.
fn seen(took: Duration, idle_percent: u32) -> Observed {
    let idle = took * idle_percent / 100;
    Observed {
        busy: took - idle,
        idle,
    }
}

/// How long it takes until the bound is this, at a thread that is idle for so many hundredths.
fn time_until(mut bound: Bound, idle_percent: u32, wanted: impl Fn(usize) -> bool) -> Duration {
    let mut passed = Duration::ZERO;
    while !wanted(bound.now()) {
        assert!(passed < Duration::from_secs(60), "it stays at {}", bound.now());
        bound.observe(seen(LOOK, idle_percent));
        passed += LOOK;
    }
    passed
}

proptest! {
    #[test]
    fn it_is_never_below_its_floor_nor_above_what_is_allowed(
        most in 1_usize..5_000,
        percent in 1_u32..=100,
        looks in prop::collection::vec((0_u64..10_000_000, 0_u64..10_000_000), 0..200),
    ) {
        let mut bound = Bound::new(f64::from(percent) / 100.0, NonZeroUsize::new(most).expect("from 1"));
        for (busy, idle) in looks {
            prop_assert!((FLOOR.min(most)..=most).contains(&bound.now()), "{bound:?}");
            let (busy, idle) = (Duration::from_micros(busy), Duration::from_micros(idle));
            bound.observe(Observed { busy, idle });
        }
        prop_assert!((FLOOR.min(most)..=most).contains(&bound.now()), "{bound:?}");
    }

    #[test]
    fn how_often_a_thread_is_looked_at_does_not_matter(
        looks in 1_u32..200,
        idle_percent in 0_u32..=100,
    ) {
        let (mut once, mut often) = (bound(95), bound(95));
        // In the middle, so that no end is met on the way.
        for bound in [&mut once, &mut often] {
            bound.observe(seen(Duration::from_millis(20), 100));
        }
        let took = Duration::from_millis(10);
        once.observe(seen(took, idle_percent));
        for _ in 0..looks {
            often.observe(seen(took / looks, idle_percent));
        }
        prop_assert!(once.now().abs_diff(often.now()) <= 1, "{once:?} {often:?}");
    }

    #[test]
    fn it_is_at_rest_where_the_thread_is_as_busy_as_is_wanted(percent in 1_u32..100) {
        let mut bound = bound(percent);
        bound.observe(seen(Duration::from_millis(20), 100));
        let before = bound.now();
        for _ in 0..10_000 {
            bound.observe(seen(LOOK, 100 - percent));
        }
        prop_assert!(bound.now().abs_diff(before) <= 1, "{before} {bound:?}");
    }
}

#[test]
fn a_slow_endpoint_is_held_back_by_nothing_as_the_thread_is_idle() {
    // From the floor to all that is allowed: seven doublings.
    let passed = time_until(bound(95), 100, |now| now == MOST.get());
    assert_eq!(passed, 7 * DOUBLES_IN);
    let mut open = bound(95);
    open.observe(seen(Duration::from_secs(1), 100));
    for _ in 0..10_000 {
        open.observe(seen(LOOK, 90));
        assert_eq!(open.now(), MOST.get());
    }
}

#[test]
fn a_thread_that_is_never_idle_works_on_few_at_once_and_a_burst_is_over_before() {
    let mut open = bound(95);
    open.observe(seen(Duration::from_secs(1), 100));
    let mut after_a_burst = open.clone();
    after_a_burst.observe(seen(Duration::from_millis(40), 0));
    assert!(after_a_burst.now() > MOST.get() / 2, "{after_a_burst:?}");
    // 19 times as long as it took to open; what is shown of it is a whole number, a little sooner at the floor.
    let passed = time_until(open, 0, |now| now == FLOOR);
    let doublings = passed.div_duration_f64(19 * DOUBLES_IN);
    assert!((6.9..=7.0).contains(&doublings), "{doublings}");
}

#[test]
fn it_opens_again_as_soon_as_the_thread_is_idle() {
    let mut shut = bound(95);
    shut.observe(seen(Duration::from_secs(3_600), 0));
    assert_eq!(shut.now(), FLOOR);
    let passed = time_until(shut, 100, |now| now >= 16 * FLOOR);
    assert_eq!(passed, 4 * DOUBLES_IN);
}

#[test]
fn a_thread_that_is_to_be_always_busy_is_never_held_back_more() {
    let mut bound = bound(100);
    bound.observe(seen(Duration::from_millis(10), 100));
    let open = bound.now();
    bound.observe(seen(Duration::from_secs(3_600), 0));
    assert_eq!(bound.now(), open);
}
