//! Work that goes on beside a request, and ends with it.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{self, Poll};

use hedgerow_supervisor::{Context, InSpan, PanicRecord, catch};
use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use tokio::time::{Instant, Sleep, sleep_until};

use super::lineup::Lineup;
use super::node_slot::NodeSlot;

/// There is no runtime that could do the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("work beside a request needs a tokio runtime, and there is none here: walk the chain inside of one")]
pub struct NotSpawned;

/// The work that goes on beside one request.
pub(super) struct Spawned {
    lineup: Arc<Lineup>,
    under_way: Vec<UnderWay>,
}

struct UnderWay {
    progress: Arc<Progress>,
    task: AbortHandle,
}

/// How far a piece of work is, and whose it is.
struct Progress {
    node: Arc<NodeSlot>,
    stage: AtomicU8,
}

/// Its request has not ended.
const WORKS: u8 = 0;
/// Its request has ended.
const STOPPED: u8 = 1;
/// It has ended.
const OVER: u8 = 2;

impl Spawned {
    pub(super) fn new(lineup: Arc<Lineup>) -> Self {
        Self {
            lineup,
            under_way: Vec::new(),
        }
    }

    /// Begins work for the request in a node, until `limit` at most.
    pub(super) fn spawn<F>(
        &mut self,
        node: usize,
        limit: Option<Instant>,
        context: Context,
        work: F,
    ) -> Result<(), NotSpawned>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let runtime = Handle::try_current().map_err(|_| NotSpawned)?;
        let limit = limit.into_iter().chain(context.deadline()).min();
        let limit = limit.map(|at| Box::pin(sleep_until(at)));
        let progress = Arc::new(Progress {
            node: Arc::clone(&self.lineup.nodes[node]),
            stage: AtomicU8::new(WORKS),
        });
        progress.node.count_spawned();
        let span = context.span("spawned");
        let span = span.attribute("hedgerow.node", progress.node.name.as_str());
        let work = Work {
            future: Some(Box::pin(span.scope_in(context, work))),
            limit,
            progress: Arc::clone(&progress),
        };
        let task = runtime.spawn(work).abort_handle();
        self.under_way.push(UnderWay { progress, task });
        Ok(())
    }

    /// The request has ended: its work is cancelled.
    #[inline]
    pub(super) fn stop(&mut self) {
        if !self.under_way.is_empty() {
            self.under_way.drain(..).for_each(UnderWay::stop);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.under_way.is_empty()
    }

    pub(super) fn kept_bytes(&self) -> usize {
        self.under_way.capacity() * size_of::<UnderWay>()
    }
}

impl UnderWay {
    fn stop(self) {
        let stage = &self.progress.stage;
        let stopped = stage.compare_exchange(WORKS, STOPPED, Ordering::AcqRel, Ordering::Acquire);
        if stopped.is_ok() {
            self.progress.node.count_stopped();
            self.task.abort();
        }
    }
}

impl Progress {
    #[cold]
    fn crashed(&self, record: PanicRecord) {
        self.node.crashed(record);
    }
}

/// One piece of work, as its runtime sees it.
struct Work<F> {
    /// `None` once it has ended.
    future: Option<Pin<Box<InSpan<F>>>>,
    /// Until when, where its request or its context has a deadline.
    limit: Option<Pin<Box<Sleep>>>,
    progress: Arc<Progress>,
}

impl<F> Work<F> {
    /// Drops it, if that was not done before.
    fn end(&mut self) {
        let Some(future) = self.future.take() else {
            return;
        };
        if let Err(record) = catch(|| drop(future)) {
            self.progress.crashed(record);
        }
        let before = self.progress.stage.swap(OVER, Ordering::AcqRel);
        self.progress.node.count_worked(before == STOPPED);
    }
}

impl<F: Future<Output = ()>> Future for Work<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, task: &mut task::Context<'_>) -> Poll<()> {
        let limit = self.limit.as_mut().map(|limit| limit.as_mut().poll(task));
        let in_time = !limit.is_some_and(|limit| limit.is_ready());
        if in_time && let Some(future) = &mut self.future {
            match catch(|| future.as_mut().poll(task)) {
                Ok(Poll::Pending) => return Poll::Pending,
                Ok(Poll::Ready(())) => {}
                Err(record) => self.progress.crashed(record),
            }
        }
        self.end();
        Poll::Ready(())
    }
}

impl<F> Drop for Work<F> {
    fn drop(&mut self) {
        self.end();
    }
}
