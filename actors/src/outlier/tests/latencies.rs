use std::time::Duration;

use proptest::prelude::*;

use super::super::latencies::{Histogram, Latencies};

fn of(micros: &[u64]) -> Histogram {
    let mut histogram = Histogram::default();
    for micros in micros {
        histogram.add(Duration::from_micros(*micros));
    }
    histogram
}

#[test]
fn nothing_has_no_quantile_and_all_ends_up_in_some_bucket() {
    assert_eq!(Histogram::default().quantile(0.5), None);
    for took in [Duration::ZERO, Duration::from_secs(3_600), Duration::MAX] {
        let mut histogram = Histogram::default();
        histogram.add(took);
        assert_eq!(histogram.count(), 1);
        assert!(histogram.quantile(1.0).is_some());
    }
}

#[test]
fn what_came_later_is_counted_by_itself() {
    let shards = Latencies::default();
    shards.add(Duration::from_millis(1));
    let earlier = shards.histogram();
    shards.add(Duration::from_millis(50));
    shards.add(Duration::from_millis(50));
    let since = shards.histogram().since(&earlier);
    assert_eq!((shards.histogram().count(), since.count()), (3, 2));
    assert_eq!(since, of(&[50_000, 50_000]));
}

proptest! {
    #[test]
    fn a_quantile_is_that_of_the_sorted_times_to_a_quarter(
        mut micros in prop::collection::vec(256..60_000_000_u64, 1..200),
        quantile in 0.01..=1.0,
    ) {
        let found = of(&micros).quantile(quantile).unwrap().as_micros() as f64;
        micros.sort_unstable();
        let rank = ((micros.len() as f64 * quantile).ceil() as usize).clamp(1, micros.len());
        let exact = micros[rank - 1] as f64;
        prop_assert!(found >= exact && found <= exact * 1.25 + 64.0, "{found} of {exact}");
    }
}
