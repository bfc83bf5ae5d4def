//! The limit that latency asks for, under a time of its own.

use std::time::Duration;

use hedgerow_config::AdaptiveLimit;
use proptest::prelude::*;

use crate::concurrency::gradient::{Gradient, LEAST_SAMPLES, Measured, WINDOW};

/// A service that answers so many at once in its usual time, and has all wait longer when there are more.
struct Service {
    capacity: f64,
    usual: Duration,
}

impl Service {
    fn takes(&self, inside: f64) -> Duration {
        self.usual.mul_f64((inside / self.capacity).max(1.0))
    }
}

/// A gradient, and the time that it lives in.
struct Run {
    gradient: Gradient,
    now: Duration,
}

impl Run {
    fn new(settings: AdaptiveLimit) -> Self {
        Self {
            gradient: Gradient::new(settings),
            now: Duration::from_secs(1),
        }
    }

    /// One window in which all requests took as long, and so many were inside.
    fn window(&mut self, took: Duration, inside: u32) -> u32 {
        for _ in 0..LEAST_SAMPLES {
            self.gradient.sample(self.now, took, inside, Measured::Answered);
            self.now += WINDOW / (LEAST_SAMPLES - 1) + Duration::from_nanos(1);
        }
        self.gradient.limit()
    }

    /// So many windows of a service that is asked as much as the limit allows.
    fn saturate(&mut self, service: &Service, windows: u32) -> u32 {
        for _ in 0..windows {
            let inside = self.gradient.limit();
            self.window(service.takes(inside.into()), inside);
        }
        self.gradient.limit()
    }
}

const USUAL: Duration = Duration::from_millis(20);

#[test]
fn it_finds_a_limit_near_what_the_service_can_do_from_either_side() {
    let service = Service {
        capacity: 100.0,
        usual: USUAL,
    };
    let from_below = Run::new(AdaptiveLimit::default()).saturate(&service, 300);
    // Latency may be half as long again, a queue of the headroom is meant to be, and what lasts becomes usual by and by.
    assert!((90..=260).contains(&from_below), "{from_below}");
    let mut above = Run::new(AdaptiveLimit {
        initial: 20,
        ..AdaptiveLimit::default()
    });
    above.saturate(&service, 100);
    let slower = Service {
        capacity: 30.0,
        usual: USUAL,
    };
    let after = above.saturate(&slower, 60);
    assert!(after <= 90, "{after}");
}

#[test]
fn a_service_that_becomes_slow_has_fewer_at_once_within_a_few_windows_and_more_again_after() {
    let mut run = Run::new(AdaptiveLimit::default());
    let well = Service {
        capacity: 200.0,
        usual: USUAL,
    };
    let before = run.saturate(&well, 300);
    let ill = 10 * USUAL;
    let mut inside = before;
    for _ in 0..10 {
        inside = run.window(ill, inside);
    }
    assert!(inside <= before / 2, "{inside} of {before}");
    let after = run.saturate(&well, 300);
    assert!(after >= before / 2, "{after} of {before}");
}

#[test]
fn a_limit_that_is_not_used_is_left_as_it_is() {
    let mut run = Run::new(AdaptiveLimit::default());
    for _ in 0..100 {
        assert_eq!(run.window(USUAL, 5), 20);
    }
}

#[test]
fn one_window_says_nothing_before_it_has_its_time_and_its_requests() {
    let mut run = Run::new(AdaptiveLimit::default());
    let long_after = run.now + 10 * WINDOW;
    for _ in 1..LEAST_SAMPLES {
        assert_eq!(run.gradient.sample(long_after, USUAL, 20, Measured::Answered), 20);
    }
    for _ in 0..1_000 {
        assert_eq!(run.gradient.sample(long_after, USUAL, 20, Measured::Answered), 20);
    }
    assert_eq!(
        run.gradient
            .sample(long_after + WINDOW, USUAL, 20, Measured::Answered),
        20
    );
    run.now = long_after + 2 * WINDOW;
    assert!(
        run.window(USUAL, 20) > 20,
        "the second one makes a whole request more"
    );
}

#[test]
fn what_failed_at_once_is_no_sign_of_health() {
    let mut run = Run::new(AdaptiveLimit::default());
    for _ in 0..20 {
        run.window(USUAL, 20);
    }
    let limit = run.gradient.limit();
    for _ in 0..100 {
        run.now += WINDOW;
        let quick = Duration::from_micros(1);
        assert_eq!(run.gradient.sample(run.now, quick, 20, Measured::Failed), limit);
    }
    for _ in 0..30 {
        for _ in 0..LEAST_SAMPLES {
            run.gradient.sample(run.now, 50 * USUAL, limit, Measured::Failed);
            run.now += WINDOW / (LEAST_SAMPLES - 1);
        }
    }
    assert!(run.gradient.limit() < limit, "those that took long are");
}

#[test]
fn other_bounds_go_on_from_the_limit_that_was_found() {
    let mut run = Run::new(AdaptiveLimit::default());
    let service = Service {
        capacity: 200.0,
        usual: USUAL,
    };
    let found = run.saturate(&service, 300);
    run.gradient.retune(AdaptiveLimit {
        initial: 1,
        min: 1,
        max: 2_000,
        tolerance: 2.0,
    });
    assert_eq!(run.gradient.limit(), found);
    run.gradient.retune(AdaptiveLimit {
        max: 30,
        ..AdaptiveLimit::default()
    });
    assert_eq!(run.gradient.limit(), 30);
}

proptest! {
    #[test]
    fn whatever_it_is_told_the_limit_stays_within_its_bounds(
        (min, span, place) in (1..100_u32, 0..2_000_u32, 0.0..1.0_f64),
        samples in prop::collection::vec((0..10_000_000_u64, 0..200_u64, 0..5_000_u32, any::<bool>()), 0..2_000),
    ) {
        let max = min + span;
        let initial = min + (f64::from(span) * place) as u32;
        let settings = AdaptiveLimit { initial, min, max, tolerance: 1.5 };
        let mut gradient = Gradient::new(settings);
        for (took, at, inside, answered) in samples {
            let measured = if answered { Measured::Answered } else { Measured::Failed };
            // Readings come in any order.
            let limit = gradient.sample(Duration::from_millis(at * 37), Duration::from_micros(took), inside, measured);
            prop_assert!((min..=max).contains(&limit), "{limit}");
        }
    }

    #[test]
    fn a_slower_window_never_gives_a_higher_limit_than_a_faster_one(
        before in prop::collection::vec((1..100_u64, 1..1_000_u32), 1..50),
        (fast, slower) in (1..1_000_u64, 0..1_000_u64),
    ) {
        let mut run = Run::new(AdaptiveLimit::default());
        for (took, inside) in before {
            run.window(Duration::from_millis(took), inside);
        }
        let mut other = Run { gradient: run.gradient.clone(), now: run.now };
        let inside = run.gradient.limit();
        let faster = run.window(Duration::from_millis(fast), inside);
        let slower = other.window(Duration::from_millis(fast + slower), inside);
        prop_assert!(slower <= faster, "{slower} over {faster}");
    }
}
