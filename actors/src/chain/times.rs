//! How long the nodes hold one request, where it is one that stands for others.

use std::time::Duration;

use hedgerow_supervisor::Clock;

use super::lineup::Lineup;

/// Of so many requests one is timed, by the count of the context that it is in. A reading of the clock costs as much as
/// several nodes do.
pub(super) const ONE_IN: u32 = 256;

/// The request of a context that is the first to be timed. What a context does for its first one is done once.
const FIRST: u32 = 1;

/// The times of one request, in memory that is used again.
pub(super) struct Times {
    clock: Clock,
    /// Requests that the context was used for, modulo [`ONE_IN`].
    turn: u32,
    /// When the node that the request is in was given it: when the one before has let it go.
    since: Option<Duration>,
    /// How long each node has held it; `None` for one that did not let it go.
    held: Box<[Option<Duration>]>,
}

impl Times {
    /// For the nodes of this lineup. The histograms get ready for the calling thread.
    pub(super) fn of(clock: Clock, lineup: &Lineup) -> Self {
        for node in &lineup.nodes {
            node.counts.times.seat();
        }
        Self {
            clock,
            turn: 0,
            since: None,
            held: vec![None; lineup.nodes.len()].into(),
        }
    }

    /// Whether the request is one that is timed.
    #[inline]
    pub(super) fn are_taken(&self) -> bool {
        self.turn == FIRST
    }

    /// A node is given the request, or its reply. Between two nodes of one walk the clock is read once.
    pub(super) fn begin(&mut self) {
        if self.are_taken() && self.since.is_none() {
            self.since = Some(self.clock.now());
        }
    }

    /// The node at this index lets it go.
    pub(super) fn end(&mut self, node: usize) {
        if self.are_taken()
            && let Some(since) = self.since
        {
            let now = self.clock.now();
            let before = self.held[node].unwrap_or_default();
            self.held[node] = Some(before + now.saturating_sub(since));
            self.since = Some(now);
        }
    }

    /// It is with no node until the next is [given](Self::begin) it.
    #[inline]
    pub(super) fn pause(&mut self) {
        self.since = None;
    }

    /// The request has ended, and entered so many nodes but those that were skipped.
    #[cold]
    pub(super) fn keep(&mut self, lineup: &Lineup, entered: usize, skipped: &[usize]) {
        let nodes = lineup.nodes.iter().zip(&mut self.held).enumerate();
        for (index, (node, held)) in nodes.take(entered) {
            if let Some(held) = held.take()
                && !skipped.contains(&index)
            {
                node.counts.times.count(held);
            }
        }
    }

    /// The next request may come.
    #[inline]
    pub(super) fn clear(&mut self) {
        self.pause();
        self.turn = (self.turn + 1) % ONE_IN;
    }
}
