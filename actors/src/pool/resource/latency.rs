//! How long leases took, in buckets whose width is an eighth of where they begin.

use std::time::Duration;

/// One for each microsecond below 16, then eight for each power of two, up to 134 s; what takes longer is in the last.
pub(crate) const BUCKETS: usize = 16 + 8 * 23;

/// The bucket of a time.
#[inline]
pub(super) fn bucket(time: Duration) -> usize {
    let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    if micros < 16 {
        // Below 16.
        return micros as usize;
    }
    let octave = micros.ilog2();
    let eighth = (micros >> (octave - 3)) & 7;
    let at = 16 + (octave as usize - 4) * 8 + eighth as usize;
    at.min(BUCKETS - 1)
}

/// Where a bucket ends.
fn end(bucket: usize) -> Duration {
    let micros = match bucket.checked_sub(16) {
        None => bucket as u64 + 1,
        Some(at) => (9 + at as u64 % 8) << (at / 8 + 1),
    };
    Duration::from_micros(micros)
}

/// The time within which so many of a hundred were, to the end of its bucket. `None` of none.
pub(super) fn percentile(counts: &[u64; BUCKETS], of_a_hundred: u64) -> Option<Duration> {
    let all: u64 = counts.iter().sum();
    // Rounded up: of one, the 95th is that one.
    let nth = (all * of_a_hundred).div_ceil(100);
    let mut below = 0;
    let at = counts.iter().position(|count| {
        below += count;
        below >= nth && nth > 0
    });
    at.map(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_lies_below_the_end_of_its_bucket_by_an_eighth_at_the_most() {
        for micros in (0..2_000).chain((1..130).map(|million| million * 1_000_000 + 7)) {
            let time = Duration::from_micros(micros);
            let end = end(bucket(time));
            assert!(time < end, "{time:?} {end:?}");
            let slack = Duration::from_micros(1).max(time / 8);
            assert!(end - time <= slack, "{time:?} {end:?}");
        }
        assert_eq!(bucket(Duration::MAX), BUCKETS - 1);
        assert_eq!(end(BUCKETS - 1), Duration::from_micros(1 << 27));
    }

    #[test]
    fn buckets_follow_each_other() {
        let ends: Vec<_> = (0..BUCKETS).map(end).collect();
        assert!(ends.windows(2).all(|pair| pair[0] < pair[1]));
        assert!((0..BUCKETS - 1).all(|at| bucket(ends[at]) == at + 1));
    }

    #[test]
    fn a_percentile_is_the_end_of_the_bucket_that_holds_it() {
        let mut counts = [0; BUCKETS];
        assert_eq!(percentile(&counts, 95), None);
        counts[bucket(Duration::from_millis(1))] = 95;
        counts[bucket(Duration::from_secs(1))] = 5;
        let millisecond = percentile(&counts, 95).map(|time| time.as_micros());
        assert_eq!(millisecond, Some(1_024));
        counts[bucket(Duration::from_secs(1))] = 6;
        assert!(percentile(&counts, 95) > Some(Duration::from_secs(1)));
    }
}
