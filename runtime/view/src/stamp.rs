use std::fmt;
use std::time::SystemTime;

use serde::{Serialize, Serializer};

/// A wall-clock instant, written as RFC 3339 in UTC with milliseconds.
///
/// Stamps are for people and records; durations are measured with a monotonic
/// clock and never by subtracting stamps.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use hedgerow_view::Stamp;
///
/// let stamp = Stamp::from(SystemTime::UNIX_EPOCH + Duration::from_millis(1_500));
/// assert_eq!(stamp.to_string(), "1970-01-01T00:00:01.500Z");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp(SystemTime);

impl From<SystemTime> for Stamp {
    fn from(at: SystemTime) -> Self {
        Self(at)
    }
}

impl From<Stamp> for SystemTime {
    fn from(stamp: Stamp) -> Self {
        stamp.0
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        humantime::format_rfc3339_millis(self.0).fmt(f)
    }
}

impl Serialize for Stamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
