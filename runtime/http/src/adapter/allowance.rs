//! How long a request may be with the service, where its nodes have given it a deadline.

use std::task::{Context, Poll};
use std::time::Duration;

use hedgerow_actors::chain::{ChainHandle, Passage};
use tokio::runtime::Handle;
use tokio::time::Instant;

use crate::deadline::Deadline;
use crate::denied::Denied;

/// What is left of a request's time while the service has it.
///
/// Its timer is made when it is polled first: a service that answers at once needs none. Where no runtime of tokio polls it,
/// nothing could wake it, and it is never over.
pub(super) struct Allowance {
    chain: ChainHandle,
    until: Instant,
    limit: Duration,
    timer: Option<Deadline>,
}

impl Allowance {
    /// What a request that has passed the nodes of this chain has left; `None` where it has no deadline.
    ///
    /// # Errors
    /// Nothing is left: nobody is to be called. The nodes were told, and it has ended as refused.
    pub(super) fn of(
        chain: &ChainHandle,
        mut passage: Passage,
    ) -> Result<(Passage, Option<Box<Self>>), Denied> {
        let Some(time) = passage.deadline() else {
            return Ok((passage, None));
        };
        if let Some(denied) = Denied::without_time(chain, Some(time)) {
            return Err(denied.refuse(passage));
        }
        // Requests without a deadline, which are most, pass by a pointer's room for it.
        let allowance = Box::new(Self {
            chain: chain.clone(),
            until: Instant::now() + time.left,
            limit: time.limit,
            timer: None,
        });
        Ok((passage, Some(allowance)))
    }

    /// Ready once it is over; never where there is none.
    pub(super) fn poll_over(allowance: &mut Option<Box<Self>>, task: &mut Context<'_>) -> Poll<Over> {
        let Some(this) = allowance else {
            return Poll::Pending;
        };
        if this.timer.is_none() && Handle::try_current().is_err() {
            return Poll::Pending;
        }
        let until = this.until;
        let timer = this
            .timer
            .get_or_insert_with(|| Deadline::after(until.saturating_duration_since(Instant::now())));
        timer.poll(task).map(|()| this.over())
    }

    #[cold]
    fn over(&self) -> Over {
        Over {
            limit: self.limit,
            denied: Denied::overdue(self.chain.id().to_string(), self.limit, "no answer"),
        }
    }
}

/// A request's time was over before the service had answered.
pub(super) struct Over {
    /// How much time it was given.
    pub(super) limit: Duration,
    denied: Denied,
}

impl Over {
    /// Ends the request, whose call was dropped: it has failed for the nodes, and they are told what its client is.
    pub(super) fn end(self, passage: Passage) -> Denied {
        self.denied.fail(passage)
    }
}
