//! Answers that come from the chain, whatever server sends them.

use bytes::Bytes;
use hedgerow_actors::chain::Reply;
use http::{HeaderMap, StatusCode};

use super::marks::Marks;
use super::walk::Said;
use crate::answer::{self, Words};
use crate::denied::Denied;

/// An answer of a chain's own.
#[derive(Debug)]
pub(super) struct Own {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Own {
    /// The answer that says this.
    #[cold]
    pub(super) fn of(said: Said, marks: Marks) -> Self {
        match said {
            Said::Denied(denied) => Self::denying(&denied, marks),
            Said::Reply(reply) => Self::replying(*reply, marks),
        }
    }

    /// The answer to a request that was denied.
    #[cold]
    pub(super) fn denying(denied: &Denied, marks: Marks) -> Self {
        let Words {
            status,
            text,
            mut headers,
            ..
        } = answer::words(denied);
        marks.put_all(&mut headers);
        Self {
            status,
            headers,
            body: text.into(),
        }
    }

    /// The answer that a node gives by itself.
    fn replying(reply: Reply, marks: Marks) -> Self {
        let Reply {
            status,
            mut headers,
            body,
        } = reply;
        marks.put_all(&mut headers);
        Self {
            status,
            headers,
            body: body.into_owned().into(),
        }
    }
}
