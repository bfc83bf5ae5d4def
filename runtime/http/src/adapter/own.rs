//! Answers that come from the chain, whatever server sends them.

use bytes::Bytes;
use hedgerow_actors::chain::{Docket, Reply, Turned};
use http::{HeaderMap, HeaderValue, StatusCode};

use super::marks::{Marks, fresh_id};
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
    pub(super) fn keep(self, denied: &Denied, id: Option<&HeaderValue>, revision: Option<u64>) {
        let Some(denials) = &self.docket.denials else {
            return;
        };
        let (status, refusal) = answer::told(denied);
        let answered = Answered {
            chain: &self.docket.chain,
            id,
            revision,
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
    /// The answer to a request that was turned back.
    #[cold]
    pub(super) fn turning(turned: Turned, marks: Marks, case: Case) -> Self {
        Self::denying(&turned.into(), marks, case)
    }

    /// The answer to a request whose nodes lead it to an upstream.
    #[cold]
    pub(super) fn led_away(marks: Marks, case: Case) -> Self {
        let chain = case.docket.chain.to_string();
        Self::denying(&Denied::led_away(chain), marks, case)
    }

    /// The answer to a request that was denied, which is kept for whoever asks why.
    #[cold]
    pub(super) fn denying(denied: &Denied, mut marks: Marks, case: Case) -> Self {
        case.keep(
            denied,
            Some(marks.id.get_or_insert_with(fresh_id)),
            Some(marks.revision),
        );
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
