//! Waiting for a state, with a deadline. Nothing here waits for a time to pass instead.

use std::fmt::Debug;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A test that waits longer than this has failed. Far more than anything takes, also on a machine with other work: it
/// costs only who waits in vain.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Time between two looks.
const PAUSE: Duration = Duration::from_millis(5);

/// Looks until the look finds something, and returns it.
///
/// # Panics
/// After [`PATIENCE`], with `what` was waited for.
pub fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(
            begun.elapsed() < PATIENCE,
            "waited {PATIENCE:?} in vain for {what}"
        );
        pause();
    }
}

/// Looks until what is seen passes, and returns it.
///
/// # Panics
/// After [`PATIENCE`], with what was seen last.
pub fn until<T: Debug>(what: &str, mut see: impl FnMut() -> T, passes: impl Fn(&T) -> bool) -> T {
    let begun = now();
    loop {
        let seen = see();
        if passes(&seen) {
            return seen;
        }
        assert!(
            begun.elapsed() < PATIENCE,
            "waited {PATIENCE:?} in vain for {what}; seen last: {seen:?}"
        );
        pause();
    }
}

/// Now, by the clock that measures.
#[expect(clippy::disallowed_methods, reason = "real processes live in real time")]
pub fn now() -> Instant {
    Instant::now()
}

/// Now, in milliseconds since the Unix epoch.
#[expect(
    clippy::disallowed_methods,
    reason = "what processes remember is stamped by the wall clock"
)]
pub fn unix_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(since.as_millis()).unwrap()
}

/// A stamp of the API, `2026-11-22T02:35:28.665Z`, in milliseconds since the Unix epoch.
///
/// The days are counted by Howard Hinnant's `days_from_civil`.
///
/// # Panics
/// Where it is none.
pub fn stamp_ms(stamp: &serde_json::Value) -> u64 {
    let text = stamp.as_str().unwrap_or_else(|| panic!("no stamp: {stamp}"));
    let fields: Vec<u64> = text
        .split(['-', 'T', ':', '.', 'Z'])
        .filter(|field| !field.is_empty())
        .map(|field| field.parse().unwrap_or_else(|_| panic!("no stamp: {text}")))
        .collect();
    let [year, month, day, hour, minute, second, ms] = fields[..] else {
        panic!("no stamp with milliseconds: {text}");
    };
    let (year, month) = if month <= 2 {
        (year - 1, month + 9)
    } else {
        (year, month - 3)
    };
    let of_year = (153 * month + 2) / 5 + day - 1;
    let days = 365 * year + year / 4 - year / 100 + year / 400 + of_year - 719_468;
    (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + ms
}

/// Waits a little between two looks at something that cannot be waited for.
#[expect(
    clippy::disallowed_methods,
    reason = "a short pause between two looks, not a guess how long something takes"
)]
pub fn pause() {
    std::thread::sleep(PAUSE);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_read() {
        for (stamp, ms) in [
            ("1970-01-01T00:00:00.000Z", 0),
            ("2024-02-29T12:30:45.678Z", 1_709_209_845_678),
            ("2026-11-22T02:35:28.665Z", 1_795_314_928_665),
        ] {
            assert_eq!(stamp_ms(&stamp.into()), ms, "{stamp}");
        }
    }
}
