//! How many restarts are too many.

use std::collections::VecDeque;
use std::time::Duration;

/// At most `max_restarts` within `period`; one more, and the supervisor gives up. Default 5 within 30 s: with the
/// default back-off, a child that always fails is given up after well under a second, while a child that fails
/// once a minute is kept alive for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Intensity {
    /// Restarts that are allowed.
    pub(crate) max_restarts: u32,
    /// The time that they are counted over.
    pub(crate) period: Duration,
}

impl Default for Intensity {
    fn default() -> Self {
        Self {
            max_restarts: 5,
            period: Duration::from_secs(30),
        }
    }
}

/// The restarts of late.
#[derive(Debug, Default)]
pub(crate) struct Restarts {
    at: VecDeque<Duration>,
}

impl Restarts {
    /// Counts a restart at `now`, and says whether it is still within `intensity`.
    pub(crate) fn count(&mut self, now: Duration, intensity: Intensity) -> Allowed {
        while self
            .at
            .front()
            .is_some_and(|at| now.saturating_sub(*at) > intensity.period)
        {
            self.at.pop_front();
        }
        if self.at.len() >= intensity.max_restarts as usize {
            return Allowed::No;
        }
        self.at.push_back(now);
        Allowed::Yes
    }

    pub(crate) fn clear(&mut self) {
        self.at.clear();
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Allowed {
    Yes,
    No,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_restart_beyond_the_limit_is_refused_and_old_ones_are_forgotten() {
        let intensity = Intensity {
            max_restarts: 2,
            period: Duration::from_secs(5),
        };
        let mut restarts = Restarts::default();
        assert_eq!(restarts.count(Duration::from_secs(0), intensity), Allowed::Yes);
        assert_eq!(restarts.count(Duration::from_secs(1), intensity), Allowed::Yes);
        assert_eq!(restarts.count(Duration::from_secs(5), intensity), Allowed::No);
        assert_eq!(
            restarts.count(Duration::from_millis(5_001), intensity),
            Allowed::Yes
        );
    }

    #[test]
    fn an_intensity_of_zero_allows_no_restart() {
        let intensity = Intensity {
            max_restarts: 0,
            period: Duration::from_secs(5),
        };
        assert_eq!(Restarts::default().count(Duration::ZERO, intensity), Allowed::No);
    }
}
