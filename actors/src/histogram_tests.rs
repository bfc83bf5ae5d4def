#![allow(clippy::unwrap_used)]

use std::time::Duration;

use proptest::prelude::*;

use super::{Histogram, buckets};

/// As fine as pools and nodes count.
type Fine = Histogram<1_000, 3, { buckets(3, 27) }>;

/// As coarse as endpoints are compared.
type Coarse = Histogram<64_000, 2, { buckets(2, 21) }>;

/// In the smallest units.
type Nanos = Histogram<1, 3, { buckets(3, 40) }>;

fn of<const UNIT: u64, const FINE: u32, const N: usize>(nanos: &[u64]) -> Histogram<UNIT, FINE, N> {
    let mut histogram = Histogram::default();
    for nanos in nanos {
        histogram.add(Duration::from_nanos(*nanos));
    }
    histogram
}

/// The buckets follow each other without a gap, and none is wider than a part of its shortest time, or than a unit.
fn follow_each_other<const UNIT: u64, const FINE: u32, const N: usize>() {
    let mut end = Duration::ZERO;
    for bucket in 0..N {
        let times = Histogram::<UNIT, FINE, N>::times(bucket);
        assert_eq!(times.start, end);
        let width = times.end - times.start;
        let unit = Duration::from_nanos(UNIT);
        assert!(width <= unit.max(times.start / (1 << FINE)), "{times:?}");
        assert_eq!(Histogram::<UNIT, FINE, N>::bucket(times.start), bucket);
        let last = times.end - Duration::from_nanos(1);
        assert_eq!(Histogram::<UNIT, FINE, N>::bucket(last), bucket);
        end = times.end;
    }
    assert_eq!(Histogram::<UNIT, FINE, N>::bucket(end), N - 1);
    assert_eq!(Histogram::<UNIT, FINE, N>::bucket(Duration::MAX), N - 1);
}

#[test]
fn buckets_follow_each_other_and_are_as_narrow_as_they_promise() {
    follow_each_other::<1_000, 3, { buckets(3, 27) }>();
    follow_each_other::<64_000, 2, { buckets(2, 21) }>();
    follow_each_other::<1, 3, { buckets(3, 40) }>();
    assert_eq!(
        Fine::times(buckets(3, 27) - 1).end,
        Duration::from_micros(1 << 27)
    );
}

#[test]
fn nothing_has_no_quantile_and_all_ends_up_in_some_bucket() {
    assert_eq!(Coarse::default().quantile(0.5), None);
    for took in [Duration::ZERO, Duration::from_secs(3_600), Duration::MAX] {
        let mut histogram = Coarse::default();
        histogram.add(took);
        assert_eq!(histogram.count(), 1);
        assert!(histogram.quantile(0.0).is_some() && histogram.quantile(1.0).is_some());
    }
}

#[test]
fn the_share_itself_belongs_to_its_quantile() {
    let mut nanos = vec![1_000_000; 95];
    nanos.extend([1_000_000_000; 5]);
    let short = Duration::from_micros(960)..Duration::from_micros(1_024);
    assert_eq!(
        of::<1_000, 3, { buckets(3, 27) }>(&nanos).quantile(0.95),
        Some(short)
    );
    nanos.push(1_000_000_000);
    let found = of::<1_000, 3, { buckets(3, 27) }>(&nanos).quantile(0.95);
    assert!(found.unwrap().contains(&Duration::from_secs(1)));
}

proptest! {
    #[test]
    fn the_quantile_of_the_sorted_times_is_in_the_bucket_that_is_told(
        mut nanos in prop::collection::vec((0..36_u32, 0..u64::MAX), 1..200)
            .prop_map(|drawn| drawn.into_iter().map(|(power, any)| any % (2 << power)).collect::<Vec<_>>()),
        quantile in 0.0..=1.0,
    ) {
        let fine = of::<1_000, 3, { buckets(3, 27) }>(&nanos).quantile(quantile).unwrap();
        let coarse = of::<64_000, 2, { buckets(2, 21) }>(&nanos).quantile(quantile).unwrap();
        let exactly = of::<1, 3, { buckets(3, 40) }>(&nanos).quantile(quantile).unwrap();
        nanos.sort_unstable();
        let rank = ((nanos.len() as f64 * quantile).ceil() as usize).clamp(1, nanos.len());
        let exact = Duration::from_nanos(nanos[rank - 1]);
        for (told, unit, part) in [(fine, 1_000, 8), (coarse, 64_000, 4), (exactly, 1, 8)] {
            prop_assert!(told.contains(&exact), "{exact:?} is not in {told:?}");
            let bound = Duration::from_nanos(unit).max(exact / part);
            prop_assert!(told.end - exact <= bound, "{exact:?} is told as {told:?}");
        }
    }

    #[test]
    fn what_came_later_is_counted_by_itself(
        before in prop::collection::vec(0..1_u64 << 36, 0..50),
        after in prop::collection::vec(0..1_u64 << 36, 0..50),
    ) {
        let earlier: Nanos = of(&before);
        let all: Nanos = of(&[&before[..], &after[..]].concat());
        prop_assert_eq!(all.since(&earlier), of(&after));
        prop_assert_eq!(all.count(), (before.len() + after.len()) as u64);
    }
}
