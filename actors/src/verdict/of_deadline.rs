//! What a deadline says that has passed.

use std::time::Duration;

use super::Verdict;

/// A process that runs notices a deadline within milliseconds of it, on a busy machine within some hundreds. Who
/// notices it later than this stood still meanwhile: stopped, swapped out, on a machine that was suspended.
pub const STANDSTILL: Duration = Duration::from_secs(1);

/// Judges a call that was not over by its deadline, by how much later than the deadline that was noticed.
///
/// In time it is a time-out. More than [`STANDSTILL`] late it is ignored: nobody was there to take an answer, so that
/// none says nothing about the callee.
pub fn of_deadline(late: Duration) -> Verdict {
    if late > STANDSTILL {
        Verdict::ignored()
    } else {
        Verdict::timeout()
    }
}
