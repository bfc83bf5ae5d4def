//! What every answer says of its request and its chain.

use std::cell::RefCell;

use hedgerow_actors::request_id;
use http::{HeaderMap, HeaderValue};

use crate::ingress::REVISION;

thread_local! {
    /// The last revision that was written, as a field that is shared by this thread's answers and by no other's.
    static WRITTEN: RefCell<Option<(u64, HeaderValue)>> = const { RefCell::new(None) };
}

/// The number of a revision, as a field.
pub(super) fn revision(number: u64) -> HeaderValue {
    WRITTEN.with_borrow_mut(|written| match written {
        Some((known, field)) if *known == number => field.clone(),
        _ => {
            let field = HeaderValue::from(number);
            *written = Some((number, field.clone()));
            field
        }
    })
}

/// The id that a request came with, if it is the only one and a sane one.
pub(super) fn id(headers: &HeaderMap) -> Option<HeaderValue> {
    let mut came = headers.get_all(request_id::NAME).iter();
    let (one, another) = (came.next()?, came.next());
    (another.is_none() && request_id::is_sane(one.as_bytes())).then(|| one.clone())
}

/// One that is made here.
#[cold]
pub(super) fn fresh_id() -> HeaderValue {
    request_id::fresh()
}

/// `x-hedgerow-revision`, and `x-request-id` where the request has one.
#[derive(Debug)]
pub(super) struct Marks {
    pub(super) revision: u64,
    pub(super) id: Option<HeaderValue>,
}

impl Marks {
    pub(super) fn put(self, headers: &mut HeaderMap) {
        headers.insert(REVISION, revision(self.revision));
        if let Some(id) = self.id {
            // A node of the chain may have chosen another one.
            headers.entry(request_id::NAME).or_insert(id);
        }
    }

    /// As [`put`](Self::put), with an id in any case.
    pub(super) fn put_all(mut self, headers: &mut HeaderMap) {
        self.id.get_or_insert_with(fresh_id);
        self.put(headers);
    }
}
