//! A filter beside the state that it has for one request, with their types erased.

use std::sync::Arc;

use hedgerow_supervisor::catch;

use super::attributes::Attributes;
use super::cx::Cx;
use super::flow::{End, Flow};
use super::head::{ReplyHead, RequestHead};
use super::node::Node;
use crate::pool::{Reset, leftover};

/// A node's filter, as its actor publishes it.
pub(super) trait Filter: Send + Sync {
    /// A place for it in the context of a request.
    fn step(self: Arc<Self>) -> Box<dyn Step>;
}

impl<N: Node> Filter for N {
    fn step(self: Arc<Self>) -> Box<dyn Step> {
        Box::new(Own {
            filter: self,
            state: N::State::default(),
        })
    }
}

/// Drops a filter, which is user code: it must not cost who does it anything.
pub(super) fn let_go(filter: Option<Arc<dyn Filter>>) {
    if let Err(record) = catch(|| drop(filter)) {
        // Whoever listens to the log must not be able to keep the rest from being dropped.
        let _ = catch(|| tracing::warn!("panic over a filter that was dropped: {record}"));
    }
}

/// A filter and its state in one context. One call through one pointer for each hook: neither has to be looked up.
pub(super) trait Step: Send {
    fn request(&mut self, head: &mut dyn RequestHead, cx: &mut Cx) -> Flow;
    fn resume(&mut self, head: &mut dyn RequestHead, cx: &mut Cx) -> Flow;
    fn reply(&mut self, head: &mut dyn ReplyHead, attributes: &mut Attributes);
    /// Ends it, and resets the state. The bytes that the state keeps.
    fn end(&mut self, end: End, attributes: &Attributes) -> usize;
    /// As [`Pooled::leftover`](crate::pool::Pooled::leftover).
    fn leftover(&self) -> Option<&'static str>;
}

/// On a line of its own: contexts that two threads made at the same time may lie between each other, and each writes its
/// states.
#[repr(align(64))]
struct Own<N: Node> {
    filter: Arc<N>,
    state: N::State,
}

impl<N: Node> Step for Own<N> {
    fn request(&mut self, head: &mut dyn RequestHead, cx: &mut Cx) -> Flow {
        self.filter.on_request(head, &mut self.state, cx)
    }

    fn resume(&mut self, head: &mut dyn RequestHead, cx: &mut Cx) -> Flow {
        self.filter.on_resume(head, &mut self.state, cx)
    }

    fn reply(&mut self, head: &mut dyn ReplyHead, attributes: &mut Attributes) {
        self.filter.on_reply(head, &mut self.state, attributes);
    }

    fn end(&mut self, end: End, attributes: &Attributes) -> usize {
        self.filter.on_end(end, &mut self.state, attributes);
        self.state.reset();
        self.state.kept_bytes()
    }

    fn leftover(&self) -> Option<&'static str> {
        leftover(&self.state)
    }
}
