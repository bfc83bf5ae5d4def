//! When a disk that failed is tried again.

use std::time::Duration;

/// The first pause that is not zero.
const FIRST: Duration = Duration::from_millis(100);

/// The longest pause.
pub(crate) const LONGEST: Duration = Duration::from_secs(5);

/// Pauses that grow: none, 100 ms, and then twice the last, 5 s at most.
///
/// There is one store for each disk, so the pauses need no jitter.
#[derive(Debug, Default)]
pub(crate) struct Retry {
    last: Option<Duration>,
}

impl Retry {
    /// How long to wait before the next try.
    pub(crate) fn pause(&mut self) -> Duration {
        let pause = match self.last {
            None => Duration::ZERO,
            Some(Duration::ZERO) => FIRST,
            Some(last) => (last * 2).min(LONGEST),
        };
        self.last = Some(pause);
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_try_is_at_once_and_the_pauses_double_up_to_five_seconds() {
        let mut retry = Retry::default();
        let pauses: Vec<_> = (0..9).map(|_| retry.pause().as_millis()).collect();
        assert_eq!(pauses, [0, 100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
    }
}
