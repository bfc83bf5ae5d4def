//! What the answer to a request says of it, whatever becomes of the request.

use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::request::Parts;

use crate::account::Account;
use crate::denied::Denied;
use crate::request_id::RequestId;

/// What the answer to a request says of it, whatever becomes of the request.
pub(crate) struct Told {
    pub(crate) id: RequestId,
    /// The revision that it runs under, once it is past the door.
    pub(crate) revision: Option<u64>,
    /// Headers for the case that it is refused or fails, as the nodes have said.
    when_refused: Vec<(HeaderName, HeaderValue)>,
    /// What is known of it, once it was denied.
    pub(crate) account: Account,
}

impl Told {
    /// Of a request with these headers, as it came.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        Self {
            id: RequestId::of(headers),
            revision: None,
            when_refused: Vec::new(),
            account: Account::default(),
        }
    }

    /// Remembers what the head says of a request that is denied.
    #[cold]
    pub(crate) fn denied(&mut self, head: &Parts, why: impl Into<Denied>) -> Denied {
        self.account = Account::of(&head.method, &head.uri, &head.headers);
        why.into()
    }

    /// Has the answer bear this header, where the request is refused or fails.
    pub(crate) fn when_refused(&mut self, name: HeaderName, value: HeaderValue) {
        self.when_refused.push((name, value));
    }

    /// Writes what an answer of our own is to say, beside what it says anyway.
    pub(crate) fn write_refused(&mut self, headers: &mut HeaderMap) {
        for (name, value) in self.when_refused.drain(..) {
            headers.append(name, value);
        }
    }
}
