//! The share of one that has just joined.

use std::time::Duration;

use hedgerow_config::SlowStart;

/// The part of its share that a member of this age is to get, above 0 and at most 1: Envoy's
/// `max(minWeight, (age / for)^(1 / aggression))`
/// (<https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/slow_start>), without its least age of a
/// second, which `minWeight` makes needless.
///
/// ```
/// use std::time::Duration;
/// use hedgerow_actors::balance::ramp;
/// use hedgerow_config::SlowStart;
///
/// let slow_start = SlowStart::default();
/// assert_eq!(ramp(&slow_start, Duration::ZERO), 0.1);
/// assert_eq!(ramp(&slow_start, Duration::from_secs(15)), 0.5);
/// assert_eq!(ramp(&slow_start, Duration::from_secs(31)), 1.0);
/// ```
pub fn ramp(slow_start: &SlowStart, age: Duration) -> f64 {
    if age >= slow_start.time {
        return 1.0;
    }
    let part = age.as_secs_f64() / slow_start.time.as_secs_f64();
    part.powf(slow_start.aggression.recip())
        .clamp(slow_start.min_weight, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aggression_brings_the_share_forward_and_the_least_weight_and_one_are_its_ends() {
        let slow_start = |aggression| SlowStart {
            aggression,
            ..SlowStart::default()
        };
        let at = |aggression: f64, secs: f64| ramp(&slow_start(aggression), Duration::from_secs_f64(secs));
        // 7.5 s of 30 s.
        assert_eq!(at(1.0, 7.5), 0.25);
        assert_eq!(at(2.0, 7.5), 0.5);
        assert_eq!(at(0.5, 7.5), 0.1, "a sixteenth is less than the least");
        for secs in 0..30 {
            let ages = [f64::from(secs), f64::from(secs + 1)];
            assert!(at(1.0, ages[0]) <= at(1.0, ages[1]));
        }
        assert_eq!(at(1.0, 30.0), 1.0);
        let no_time = SlowStart {
            time: Duration::ZERO,
            ..SlowStart::default()
        };
        assert_eq!(ramp(&no_time, Duration::ZERO), 1.0);
    }
}
