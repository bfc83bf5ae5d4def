//! What a node is: one step of a chain.

use super::attributes::Attributes;
use super::cx::Cx;
use super::flow::{End, Flow};
use super::head::{ReplyHead, RequestHead};
use crate::pool::Reset;

/// One step of a chain. It is shared by all requests; what one request needs to remember between its hooks goes into
/// [`State`](Self::State).
///
/// A request enters the nodes in order (`on_request`), is answered by who was called, and meets the same nodes in reverse
/// with its reply's head (`on_reply`). Every node that it entered is ended exactly once, in reverse as well, whatever
/// happened (`on_end`).
///
/// | hook | when | may |
/// |---|---|---|
/// | `on_request` | on the way in | edit the head, reply, refuse, wait |
/// | `on_resume` | when what it waited for is done | the same |
/// | `on_reply` | on the way out, with the reply's head; not after a refusal, an error or a panic | edit the head |
/// | `on_end` | when the last byte is sent, or nothing more will be | neither wait nor refuse |
///
/// A panic in any of them costs that request and no other. The node's actor then restarts with a fresh filter, while the
/// old one goes on serving.
///
/// ```
/// use hedgerow_actors::chain::{Attributes, Cx, End, Flow, Node, ReplyHead, RequestHead};
/// use http::{HeaderName, HeaderValue, StatusCode};
///
/// /// Refuses requests without a key, and marks the replies to all others.
/// struct Keyed;
///
/// impl Node for Keyed {
///     type State = ();
///
///     fn on_request(&self, head: &mut dyn RequestHead, _: &mut (), cx: &mut Cx) -> Flow {
///         match head.header(&HeaderName::from_static("x-key")) {
///             Some(_) => Flow::Next,
///             None => cx.refuse(StatusCode::UNAUTHORIZED, "key", "a key", "none"),
///         }
///     }
///
///     fn on_reply(&self, head: &mut dyn ReplyHead, _: &mut (), _: &mut Attributes) {
///         head.set_header(HeaderName::from_static("x-keyed"), HeaderValue::from_static("yes"));
///     }
/// }
/// ```
///
/// A state says how it is reset; this does not compile without it:
///
/// ```compile_fail,E0277
/// use hedgerow_actors::chain::{Cx, Flow, Node, RequestHead};
///
/// #[derive(Default)]
/// struct Seen(u32);
///
/// struct Counting;
///
/// impl Node for Counting {
///     type State = Seen; // `impl Reset for Seen {}` is missing
///
///     fn on_request(&self, _: &mut dyn RequestHead, seen: &mut Seen, _: &mut Cx) -> Flow {
///         seen.0 += 1;
///         Flow::Next
///     }
/// }
/// ```
pub trait Node: Send + Sync + 'static {
    /// What one request needs to remember; `()` for nothing. It is made once, and reset after each request.
    type State: Reset + Send + 'static;

    /// A request comes in.
    fn on_request(&self, head: &mut dyn RequestHead, state: &mut Self::State, cx: &mut Cx) -> Flow;

    /// What [`Cx::wait`] was given is done; [`Cx::landed`] gives what came of it. Default: on to the next node.
    fn on_resume(&self, head: &mut dyn RequestHead, state: &mut Self::State, cx: &mut Cx) -> Flow {
        let _ = (head, state, cx);
        Flow::Next
    }

    /// The reply comes by on its way out. Default: nothing.
    fn on_reply(&self, head: &mut dyn ReplyHead, state: &mut Self::State, attributes: &mut Attributes) {
        let _ = (head, state, attributes);
    }

    /// The request has ended. Default: nothing. It may be called on any thread, also while a panic unwinds.
    fn on_end(&self, end: End, state: &mut Self::State, attributes: &Attributes) {
        let _ = (end, state, attributes);
    }
}

/// A node that only looks at requests on their way in.
///
/// ```
/// use hedgerow_actors::chain::{Flow, NodeSpec, node_fn};
/// use http::StatusCode;
///
/// let spec = NodeSpec::new("no-trace", "method", || {
///     node_fn(|head, cx| match head.method() {
///         "TRACE" => cx.refuse(StatusCode::METHOD_NOT_ALLOWED, "method", "any but TRACE", "TRACE"),
///         _ => Flow::Next,
///     })
/// });
/// ```
pub fn node_fn<F>(look: F) -> impl Node<State = ()>
where
    F: Fn(&mut dyn RequestHead, &mut Cx) -> Flow + Send + Sync + 'static,
{
    Looking(look)
}

struct Looking<F>(F);

impl<F> Node for Looking<F>
where
    F: Fn(&mut dyn RequestHead, &mut Cx) -> Flow + Send + Sync + 'static,
{
    type State = ();

    fn on_request(&self, head: &mut dyn RequestHead, (): &mut (), cx: &mut Cx) -> Flow {
        (self.0)(head, cx)
    }
}
