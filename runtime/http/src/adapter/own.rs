//! Answers that come from the chain, whatever server sends them.

use bytes::Bytes;
use hedgerow_actors::chain::{ChainHandle, Reply, Turned};
use http::{HeaderMap, StatusCode};

use super::marks::Marks;
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
    /// The answer to a request that was turned back.
    #[cold]
    pub(super) fn turning(turned: Turned, marks: Marks) -> Self {
        Self::denying(&turned.into(), marks)
    }

    /// The answer to a request whose nodes lead it to an upstream.
    #[cold]
    pub(super) fn led_away(chain: &ChainHandle, marks: Marks) -> Self {
        Self::denying(&Denied::led_away(chain.id().to_string()), marks)
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
    pub(super) fn replying(reply: Reply, marks: Marks) -> Self {
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
