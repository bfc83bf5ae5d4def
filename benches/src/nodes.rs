//! Nodes and heads that several benches walk through.

use std::hint::black_box;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use hedgerow_actors::chain::{Attributes, Cx, End, Flow, Node, ReplyHead, RequestHead};
use http::{HeaderName, HeaderValue, StatusCode};

/// Looks at requests on their way in.
#[derive(Debug)]
pub struct Looking;

impl Node for Looking {
    type State = ();

    #[inline]
    fn on_request(&self, head: &mut dyn RequestHead, (): &mut (), _: &mut Cx) -> Flow {
        black_box(head.path().len());
        Flow::Next
    }
}

/// Remembers something, and has every hook.
#[derive(Debug)]
pub struct Stateful;

impl Node for Stateful {
    type State = u64;

    #[inline]
    fn on_request(&self, head: &mut dyn RequestHead, seen: &mut u64, _: &mut Cx) -> Flow {
        *seen = head.path().len() as u64;
        Flow::Next
    }

    #[inline]
    fn on_reply(&self, head: &mut dyn ReplyHead, seen: &mut u64, _: &mut Attributes) {
        *seen += u64::from(head.status().as_u16());
    }

    #[inline]
    fn on_end(&self, _: End, seen: &mut u64, _: &Attributes) {
        black_box(*seen);
    }
}

/// Waits for a future that is pending once.
#[derive(Debug)]
pub struct Waiting;

impl Node for Waiting {
    type State = ();

    #[inline]
    fn on_request(&self, head: &mut dyn RequestHead, (): &mut (), cx: &mut Cx) -> Flow {
        black_box(head.path().len());
        cx.wait(Once(false))
    }
}

/// Pending once, and asks for no waking.
struct Once(bool);

impl Future for Once {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if mem::replace(&mut self.0, true) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

/// A request by `GET`.
#[derive(Debug)]
pub struct Get;

impl RequestHead for Get {
    #[inline]
    fn method(&self) -> &str {
        "GET"
    }

    #[inline]
    fn path(&self) -> &str {
        black_box("/pay")
    }
}

/// A reply that is a status and nothing else.
#[derive(Debug)]
pub struct Status(pub StatusCode);

impl ReplyHead for Status {
    #[inline]
    fn status(&self) -> StatusCode {
        black_box(self.0)
    }

    #[inline]
    fn set_status(&mut self, status: StatusCode) {
        self.0 = status;
    }

    fn header(&self, _: &HeaderName) -> Option<&[u8]> {
        None
    }

    fn set_header(&mut self, _: HeaderName, _: HeaderValue) {}

    fn append_header(&mut self, _: HeaderName, _: HeaderValue) {}

    fn remove_header(&mut self, _: &HeaderName) {}
}
