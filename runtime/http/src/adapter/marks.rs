//! What every answer says of its request and its chain.

use std::cell::RefCell;
use std::thread::LocalKey;

use hedgerow_actors::request_id;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};

use super::grpc;
use super::tail::Speaks;
use crate::ingress::REVISION;

/// Revisions whose numbers stand in [`DIGITS`].
const SHORT: u64 = 1_000;

/// The numbers from 000 to 999, one after the other.
static DIGITS: [u8; 3 * SHORT as usize] = {
    let mut digits = [0; 3 * SHORT as usize];
    let mut number = 0;
    while number < SHORT as usize {
        let [hundreds, tens, ones] = [number / 100, number / 10 % 10, number % 10];
        digits[3 * number] = b'0' + hundreds as u8;
        digits[3 * number + 1] = b'0' + tens as u8;
        digits[3 * number + 2] = b'0' + ones as u8;
        number += 1;
    }
    digits
};

/// The number of a revision as text that lives for ever, where it is a short one. A field that is made of it counts no
/// references, which would cost each answer two atomic operations; few chains are edited a thousand times.
fn short(revision: u64) -> Option<&'static str> {
    if revision >= SHORT {
        return None;
    }
    let number = revision as usize;
    let leading = match number {
        0..=9 => 2,
        10..=99 => 1,
        _ => 0,
    };
    std::str::from_utf8(&DIGITS[3 * number + leading..3 * number + 3]).ok()
}

/// The last revision beyond those that was written, as a field that is shared by one thread's answers and by no other's.
pub(super) struct Written<V>(RefCell<Option<(u64, V)>>);

impl<V> Written<V> {
    pub(super) const fn new() -> Self {
        Self(RefCell::new(None))
    }
}

thread_local! {
    static WRITTEN: Written<HeaderValue> = const { Written::new() };
}

/// The number of a revision, as a field of that `http` whose answers it is written in.
#[inline]
pub(super) fn field<V: Clone + From<u64>>(
    written: &'static LocalKey<Written<V>>,
    number: u64,
    lasting: impl FnOnce(&'static str) -> V,
) -> V {
    match short(number) {
        Some(text) => lasting(text),
        None => long(written, number),
    }
}

#[cold]
fn long<V: Clone + From<u64>>(written: &'static LocalKey<Written<V>>, number: u64) -> V {
    written.with(|written| match &mut *written.0.borrow_mut() {
        Some((known, field)) if *known == number => field.clone(),
        written => {
            let field = V::from(number);
            *written = Some((number, field.clone()));
            field
        }
    })
}

/// What a request's fields say that its answer depends on.
pub(super) struct Said {
    /// The id that it came with, if it is the only one and a sane one.
    pub(super) id: Option<HeaderValue>,
    pub(super) speaks: Speaks,
}

/// One look at each field: to look two names up costs more with as many fields as requests have.
pub(super) fn said(headers: &HeaderMap) -> Said {
    let (mut ids, mut content) = (None, None);
    let mut is_only_one = true;
    for (name, value) in headers {
        if *name == CONTENT_TYPE {
            content.get_or_insert(value);
        } else if *name == request_id::NAME {
            is_only_one = ids.replace(value).is_none();
        }
    }
    let id = ids.filter(|id| is_only_one && request_id::is_sane(id.as_bytes()));
    Said {
        id: id.cloned(),
        speaks: content.map_or(Speaks::Http, grpc::spoken_in),
    }
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
        let revision = field(&WRITTEN, self.revision, HeaderValue::from_static);
        headers.insert(REVISION, revision);
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

#[cfg(test)]
#[path = "marks_tests.rs"]
mod tests;
