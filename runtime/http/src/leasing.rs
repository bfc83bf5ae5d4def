//! The lease that an attempt needs of its upstream's pool.

use std::pin::pin;
use std::time::Duration;

use hedgerow_actors::pool::resource::{Grant, Leases};
use hedgerow_supervisor::Span;
use hedgerow_view::Refusal;

use crate::deadline::Deadline;

/// Timers go by steps of a millisecond. Who waits for a lease is told by the pool that there is none, so its time ends so much
/// before that of the call.
const BEFORE: Duration = Duration::from_millis(2);

/// A lease, waited for until the call's deadline at the longest. Where it has to be waited for, that is a span of its own.
///
/// # Errors
/// The refusal of the pool; `None` where the call's time was over all the same, as this process stood still.
pub(crate) async fn lease(
    pool: &Leases,
    deadline: &mut Deadline,
    waiting: impl FnOnce() -> Span,
) -> Result<Grant, Option<Refusal>> {
    if let Some(grant) = pool.try_grant() {
        return Ok(grant);
    }
    let _waiting = waiting();
    let limit = deadline.left().saturating_sub(BEFORE);
    match deadline.within(pin!(pool.grant(limit))).await {
        Some(granted) => granted.map_err(Some),
        None => Err(None),
    }
}
