//! Answers that come from the chain, whatever server sends them.

use bytes::Bytes;
use hedgerow_actors::chain::{Docket, Reply};
use hedgerow_config::Expose;
use http::{HeaderMap, HeaderValue, StatusCode};

use super::marks::{Marks, fresh_id};
use super::walk::Said;
use crate::account::{Account, Answered};
use crate::answer::{self, Words};
use crate::denied::Denied;

/// A request that is denied: in whose name, and what is known of it.
pub(super) struct Case {
    pub(super) docket: Docket,
    pub(super) account: Account,
}

impl Case {
    /// Of one whose head is gone.
    #[cold]
    pub(super) fn of(docket: Docket) -> Self {
        let account = Account::of_trace(docket.trace);
        Self { docket, account }
    }

    /// Keeps it, where the chain belongs to a mesh.
    #[cold]
    pub(super) fn keep(self, denied: &Denied, id: Option<&HeaderValue>, revision: u64) {
        let Some(denials) = &self.docket.denials else {
            return;
        };
        let (status, refusal) = answer::told(denied);
        let answered = Answered {
            chain: &self.docket.chain,
            id,
            revision: Some(revision),
            status,
            refusal,
        };
        self.account.keep(denials, &answered);
    }
}

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
            Said::Denied(denied, case) => Self::denying(&denied, marks, *case),
            Said::Reply(reply) => Self::replying(*reply, marks),
        }
    }

    /// The answer to a request that was denied, which is kept for whoever asks why.
    #[cold]
    fn denying(denied: &Denied, mut marks: Marks, case: Case) -> Self {
        case.keep(
            denied,
            Some(marks.id.get_or_insert_with(fresh_id)),
            marks.revision,
        );
        let Words {
            status,
            text,
            mut headers,
            ..
        } = answer::words(denied, Expose::Full);
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
