//! How long the callee asks to be left alone.

use std::time::{Duration, SystemTime};

/// How long the callee asks not to be called: a length of time, or a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryAfter {
    /// For so long, from the end of the call on.
    In(Duration),
    /// Until this time of the wall clock.
    At(SystemTime),
}

impl RetryAfter {
    /// Reads the value of a `Retry-After` field: whole seconds, or a date in any of the three forms that RFC 9110, section
    /// 5.6.7, has recipients accept. `None` where it is neither. More seconds than a number holds are as many as one does.
    ///
    /// ```
    /// use std::time::Duration;
    /// use hedgerow_actors::verdict::RetryAfter;
    ///
    /// assert_eq!(RetryAfter::parse("120"), Some(RetryAfter::In(Duration::from_secs(120))));
    /// let date = RetryAfter::parse("Fri, 31 Dec 1999 23:59:59 GMT");
    /// assert_eq!(date, RetryAfter::parse("Friday, 31-Dec-99 23:59:59 GMT"));
    /// assert_eq!(date, RetryAfter::parse("Fri Dec 31 23:59:59 1999"));
    /// assert_eq!(RetryAfter::parse("soon"), None);
    /// ```
    pub fn parse(value: &str) -> Option<Self> {
        let value = value.trim_matches([' ', '\t']);
        if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
            // All digits: the one mistake left is a number that is too large.
            let seconds = value.parse().unwrap_or(u64::MAX);
            return Some(Self::In(Duration::from_secs(seconds)));
        }
        httpdate::parse_http_date(value).ok().map(Self::At)
    }

    /// How long that is when the wall clock says `wall`. A date in the past is zero.
    pub fn left_at(self, wall: SystemTime) -> Duration {
        match self {
            Self::In(time) => time,
            Self::At(date) => date.duration_since(wall).unwrap_or(Duration::ZERO),
        }
    }
}

impl From<Duration> for RetryAfter {
    fn from(time: Duration) -> Self {
        Self::In(time)
    }
}

impl From<SystemTime> for RetryAfter {
    fn from(date: SystemTime) -> Self {
        Self::At(date)
    }
}
