//! The walk of one request: down the nodes, back up with the reply, and to its end.

use std::fmt;
use std::future::poll_fn;
use std::task::{self, Poll};

use super::context::{Bottom, Context};
use super::deadline::TimeLeft;
use super::flow::{End, Reply};
use super::handle::ChainHandle;
use super::head::{ReplyHead, RequestHead};
use super::lead::Lead;
use super::turned::Turned;
use crate::pool::Lease;

/// A request on its way down the nodes. It is polled with the request's head and never holds it, so that the future
/// around it is as free to move as the request is.
///
/// Dropped on the way, it ends what was entered as [`End::Cancelled`].
pub struct Cursor {
    visit: Visit,
}

/// Where the way down has led.
#[derive(Debug)]
pub enum Arrival {
    /// Past all nodes.
    Through(Passage),
    /// To a node that answers by itself. The reply has passed the nodes above.
    Replied(Reply, Ending),
}

/// A request that has passed all nodes and is not answered. Dropped, it ends as [`End::Cancelled`].
#[must_use = "dropped, it tells the nodes that the request was cancelled"]
pub struct Passage {
    visit: Visit,
    lead: Option<usize>,
}

/// A request that is being answered: it belongs to the body of the reply. Dropped before the body's end, it ends as
/// [`End::Cancelled`].
#[must_use = "dropped, it tells the nodes that the request was cancelled"]
pub struct Ending {
    visit: Visit,
}

/// What a request has of a chain, until it has ended.
struct Visit(Option<Lease<Context>>);

const UNDER_WAY: &str = "a visit has its context until it ends, and it ends by value";

impl Visit {
    fn context(&mut self) -> &mut Context {
        self.0.as_mut().expect(UNDER_WAY)
    }

    fn finish(&mut self, end: End) {
        if let Some(mut context) = self.0.take() {
            context.end(end);
            if context.is_spoilt() || context.is_stale() {
                context.discard();
            }
        }
    }
}

impl Visit {
    /// Takes the reply of a node past the nodes above it.
    fn reply(mut self) -> Result<Arrival, Turned> {
        let context = self.context();
        let mut reply = context
            .take_reply()
            .expect("a walk that ends with a reply leaves it in its context");
        match context.ascend(&mut reply) {
            Ok(()) => Ok(Arrival::Replied(reply, Ending { visit: self })),
            Err(turned) => {
                self.finish(End::Panicked);
                Err(*turned)
            }
        }
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        self.finish(End::Cancelled);
    }
}

impl Cursor {
    pub(super) fn new(context: Lease<Context>) -> Self {
        Self {
            visit: Visit(Some(context)),
        }
    }

    /// Walks on, as far as it goes without waiting.
    ///
    /// # Errors
    /// Who turned the request back, and why; every node that it has entered has been ended.
    ///
    /// # Panics
    /// When it is polled again after it was ready.
    pub fn poll_descend(
        &mut self,
        head: &mut dyn RequestHead,
        task: &mut task::Context<'_>,
    ) -> Poll<Result<Arrival, Turned>> {
        let Poll::Ready(bottom) = self.visit.context().descend(head, task) else {
            return Poll::Pending;
        };
        let mut visit = Visit(self.visit.0.take());
        Poll::Ready(match bottom {
            Bottom::Through => {
                let lead = visit.context().lead();
                Ok(Arrival::Through(Passage { visit, lead }))
            }
            Bottom::Replied => visit.reply(),
            Bottom::Turned(turned) => {
                visit.finish(End::Refused);
                Err(*turned)
            }
            Bottom::Crashed(turned) => {
                visit.finish(End::Panicked);
                Err(*turned)
            }
        })
    }

    /// Walks down to where the nodes lead.
    ///
    /// # Errors
    /// As [`poll_descend`](Self::poll_descend).
    pub async fn descend<H: RequestHead>(mut self, head: &mut H) -> Result<Arrival, Turned> {
        poll_fn(|task| self.poll_descend(head, task)).await
    }
}

impl Passage {
    /// Where the nodes have led it in this chain, which must be the one that it has passed. A request that no node has led
    /// anywhere ends as [`End::Refused`].
    ///
    /// # Errors
    /// That no node chose a lead.
    pub fn lead_in<'c>(&mut self, chain: &'c ChainHandle) -> Result<&'c Lead, Turned> {
        let lead = self.lead.and_then(|lead| chain.slot().leads.get(lead));
        lead.ok_or_else(|| {
            self.visit.finish(End::Refused);
            chain.leads_nowhere()
        })
    }

    /// What is left of the request's time; `None` where no node gave it a deadline. Where nothing is left, nobody is to be
    /// called any more.
    pub fn deadline(&mut self) -> Option<TimeLeft> {
        self.visit.0.as_mut()?.cx.time_left()
    }

    /// Shows the reply's head to the nodes, in reverse, and leaves what remains for the end of its body.
    ///
    /// # Errors
    /// That a node crashed on it. Every node that the request has entered has been ended.
    pub fn answer(mut self, head: &mut dyn ReplyHead) -> Result<Ending, Turned> {
        let Some(context) = &mut self.visit.0 else {
            return Ok(Ending { visit: self.visit });
        };
        match context.ascend(head) {
            Ok(()) => Ok(Ending { visit: self.visit }),
            Err(turned) => {
                self.visit.finish(End::Panicked);
                Err(*turned)
            }
        }
    }

    /// The request was refused after the chain, before anybody was called: [`End::Refused`].
    pub fn refuse(mut self) {
        self.visit.finish(End::Refused);
    }

    /// There is no reply to it: [`End::Failed`].
    pub fn fail(mut self) {
        self.visit.finish(End::Failed);
    }
}

impl Ending {
    /// The last byte was sent: [`End::Ok`].
    pub fn complete(mut self) {
        self.visit.finish(End::Ok);
    }

    /// The reply broke off: [`End::Failed`].
    pub fn break_off(mut self) {
        self.visit.finish(End::Failed);
    }
}

impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cursor").finish_non_exhaustive()
    }
}

impl fmt::Debug for Passage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passage")
            .field("lead", &self.lead)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ending").finish_non_exhaustive()
    }
}
