//! How long a resource is kept. Pure: time in, verdict out.

use std::time::Duration;

/// What is kept, and until when.
#[derive(Debug)]
pub(super) struct Kept<T> {
    pub(super) resource: T,
    life: Life,
}

/// When something ends that is used again and again.
///
/// ```
/// use std::time::Duration;
/// use hedgerow_actors::pool::resource::{Life, OverAge};
///
/// let (keep_alive, max_life) = (Duration::from_secs(30), Some(Duration::from_secs(300)));
/// let mut life = Life::begin(Duration::ZERO, max_life, 7);
/// life.rest(Duration::from_secs(100));
/// assert_eq!(life.over(Duration::from_secs(130), keep_alive), None);
/// assert_eq!(life.over(Duration::from_secs(131), keep_alive), Some(OverAge::Idle));
/// assert_eq!(life.over(Duration::from_secs(300), keep_alive), Some(OverAge::Life));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Life {
    /// Nanoseconds; the highest number is never.
    ends: u64,
    idle_since: u64,
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Why something is not used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OverAge {
    /// It was idle for too long.
    Idle,
    /// It has lived for too long.
    Life,
}

impl Life {
    /// Begins now, and ends after `max`, shortened by a part of up to a tenth of it that `draw` says, any number: so that what
    /// began together does not end together. `None` does not end.
    pub fn begin(now: Duration, max: Option<Duration>, draw: u64) -> Self {
        // SplitMix64: https://prng.di.unimi.it/splitmix64.c
        let mixed = draw.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        // Below 1,024.
        let part = ((mixed ^ (mixed >> 31)) % 1_024) as u32;
        let life = max.map(|max| max - max / 10_240 * part);
        Self {
            ends: life.map_or(u64::MAX, |life| nanos(now.saturating_add(life))),
            idle_since: nanos(now),
        }
    }

    /// It is idle from now on.
    #[inline]
    pub fn rest(&mut self, now: Duration) {
        self.idle_since = nanos(now);
    }

    /// How long it has been idle, if it is.
    #[inline]
    pub fn idle_for(&self, now: Duration) -> Duration {
        Duration::from_nanos(nanos(now).saturating_sub(self.idle_since))
    }

    /// Whether it may be used no more: one that is idle for no longer than `keep_alive` and within its life may.
    #[inline]
    pub fn over(&self, now: Duration, keep_alive: Duration) -> Option<OverAge> {
        if self.is_over(now) {
            return Some(OverAge::Life);
        }
        (self.idle_for(now) > keep_alive).then_some(OverAge::Idle)
    }

    /// Whether it may live on, idle or not.
    #[inline]
    pub fn is_over(&self, now: Duration) -> bool {
        self.ends != u64::MAX && nanos(now) >= self.ends
    }
}

impl<T> Kept<T> {
    pub(super) fn new(resource: T, life: Life) -> Self {
        Self { resource, life }
    }

    #[inline]
    pub(super) fn life(&self) -> Life {
        self.life
    }

    #[inline]
    pub(super) fn rest(&mut self, now: Duration) {
        self.life.rest(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lives_that_begin_together_end_apart_within_the_last_tenth() {
        let max = Duration::from_secs(300);
        let ends: Vec<_> = (0..1_000)
            .map(|draw| Duration::from_nanos(Life::begin(Duration::ZERO, Some(max), draw).ends))
            .collect();
        assert!(ends.iter().all(|end| (max * 9 / 10..=max).contains(end)));
        let in_the_first_half = ends.iter().filter(|end| **end < max * 19 / 20).count();
        assert!((400..600).contains(&in_the_first_half), "{in_the_first_half}");
        let mut apart = ends.clone();
        apart.sort_unstable();
        apart.dedup();
        assert!(apart.len() > 600, "{}", apart.len());
    }

    #[test]
    fn what_has_no_end_does_not_end() {
        let life = Life::begin(Duration::ZERO, None, 1);
        assert!(!life.is_over(Duration::from_secs(1 << 40)));
    }
}
