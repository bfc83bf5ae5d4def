//! Where a request goes from a node, and how it ends.

use std::borrow::Cow;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::head::ReplyHead;

/// Where a request goes from a node. All but [`Next`](Self::Next) are made by the [`Cx`](super::Cx), with what belongs to
/// them; it is why this does not compile:
///
/// ```compile_fail,E0603
/// use hedgerow_actors::chain::Flow;
///
/// let flow = Flow::Wait; // wait for what? `cx.wait(future)`
/// ```
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a request goes where its node says: return it"]
pub enum Flow {
    /// On to the next node.
    Next,
    /// Back, with an answer of the node's own: [`Cx::reply`](super::Cx::reply).
    #[non_exhaustive]
    Reply,
    /// Back, with who says no and why: [`Cx::refuse`](super::Cx::refuse).
    #[non_exhaustive]
    Refuse,
    /// Nowhere until a future is done: [`Cx::wait`](super::Cx::wait).
    #[non_exhaustive]
    Wait,
}

/// How a request ended, for every node that it has entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum End {
    /// It was answered, to the last byte; with whatever status.
    Ok,
    /// Somebody said no: a node, or who was to be called.
    Refused,
    /// It was not answered, or its answer broke off.
    Failed,
    /// A node crashed on it.
    Panicked,
    /// Nobody waits for the answer any more.
    Cancelled,
}

impl End {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Ok,
        Self::Refused,
        Self::Failed,
        Self::Panicked,
        Self::Cancelled,
    ];

    /// As it is written: `ok`, `refused`, `failed`, `panicked`, `cancelled`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Panicked => "panicked",
            Self::Cancelled => "cancelled",
        }
    }
}

/// An answer of a node's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers. The length of the body is told by who sends it.
    pub headers: HeaderMap,
    /// The body.
    pub body: Cow<'static, [u8]>,
}

impl Reply {
    /// One without headers and body.
    pub fn new(status: StatusCode) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            body: Cow::Borrowed(b""),
        }
    }

    /// The same, with a header. It takes the place of all of this name.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// The same, with a body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Cow<'static, [u8]>>) -> Self {
        self.body = body.into();
        self
    }
}

impl ReplyHead for Reply {
    fn status(&self) -> StatusCode {
        self.status
    }

    fn set_status(&mut self, status: StatusCode) {
        self.status = status;
    }

    fn header(&self, name: &HeaderName) -> Option<&[u8]> {
        self.headers.get(name).map(HeaderValue::as_bytes)
    }

    fn set_header(&mut self, name: HeaderName, value: HeaderValue) {
        self.headers.insert(name, value);
    }

    fn append_header(&mut self, name: HeaderName, value: HeaderValue) {
        self.headers.append(name, value);
    }

    fn remove_header(&mut self, name: &HeaderName) {
        self.headers.remove(name);
    }
}
