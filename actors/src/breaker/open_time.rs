//! How long a breaker stays open.

use std::time::Duration;

use hedgerow_config::OpenFor;
use hedgerow_supervisor::Jitter;

/// The time for the `trip`-th opening in a row, counted from 1: `initial * 2^(trip - 1)`, at most `max`, shortened
/// by a random share of up to `jitter`; then at least what the callee `asked` for, which is capped by `max` as well.
pub(super) fn open_time(policy: OpenFor, trip: u32, luck: &mut Jitter, asked: Duration) -> Duration {
    let doublings = trip.saturating_sub(1).min(31);
    let full = policy.initial.saturating_mul(1 << doublings).min(policy.max);
    let time = full.mul_f64(1.0 - policy.jitter.clamp(0.0, 1.0) * luck.unit());
    time.max(asked.min(policy.max))
}
