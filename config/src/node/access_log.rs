//! A line for each request.

use std::time::Duration;

/// Writes one line of JSON for each request that has ended.
///
/// ```
/// use std::time::Duration;
/// use hedgerow_config::AccessLog;
///
/// let log = AccessLog::new().sample(0.1).slow(Duration::from_millis(500));
/// # let _ = log;
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct AccessLog {
    /// The share of the requests that are logged, from 0 to 1, beside those that always are: that were refused, failed,
    /// crashed or were cancelled, were answered with a status from 500 on, or were slow (`sample`). Default 1.
    pub sample: f64,
    /// A request that takes so long is logged in any case (`slow`); `None` for none (`off`). Default [`AccessLog::SLOW`].
    pub slow: Option<Duration>,
    /// Where the lines go (`to`). Default: the standard output.
    pub to: LogOutput,
}

/// Where lines go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum LogOutput {
    /// The standard output of the process (`stdout`).
    #[default]
    Stdout,
    /// The standard error of the process (`stderr`).
    Stderr,
}

impl AccessLog {
    /// From when on a request is slow, unless another time is said: a second.
    pub const SLOW: Duration = Duration::from_secs(1);

    /// One with the defaults.
    pub fn new() -> Self {
        Self {
            sample: 1.0,
            slow: Some(Self::SLOW),
            to: LogOutput::default(),
        }
    }

    /// The same, with this share of the requests logged, from 0 to 1.
    #[must_use]
    pub fn sample(mut self, share: f64) -> Self {
        self.sample = share;
        self
    }

    /// The same, with each request logged that takes so long.
    #[must_use]
    pub fn slow(mut self, limit: Duration) -> Self {
        self.slow = Some(limit);
        self
    }

    /// The same, writing there.
    #[must_use]
    pub fn to(mut self, output: LogOutput) -> Self {
        self.to = output;
        self
    }
}

impl Default for AccessLog {
    fn default() -> Self {
        Self::new()
    }
}
