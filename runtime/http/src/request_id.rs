//! The id that a request keeps or is given.

use std::cell::Cell;
use std::fmt::Write as _;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU16, Ordering};

use http::header::{HeaderMap, HeaderName, HeaderValue};

pub(crate) const NAME: HeaderName = HeaderName::from_static("x-request-id");

/// A longer one is replaced.
const LONGEST: usize = 128;

/// Random once per process, so that two processes do not make the same ids.
static SEED: OnceLock<u64> = OnceLock::new();
static WORKERS: AtomicU16 = AtomicU16::new(0);

/// Makes the ids of one worker: 16 hexadecimal digits for the process, 4 for the worker, then a count.
pub(crate) struct RequestIds {
    prefix: String,
    made: Cell<u64>,
}

impl RequestIds {
    pub(crate) fn new() -> Self {
        let seed = SEED.get_or_init(|| RandomState::new().hash_one("request id"));
        let worker = WORKERS.fetch_add(1, Ordering::Relaxed);
        Self {
            prefix: format!("{seed:016x}{worker:04x}"),
            made: Cell::new(0),
        }
    }

    /// The id that came with the request, if it is the only one and 1 to 128 visible ASCII characters; else a fresh one.
    pub(crate) fn of(&self, headers: &HeaderMap) -> HeaderValue {
        let mut came = headers.get_all(NAME).iter();
        match (came.next(), came.next()) {
            (Some(id), None) if is_sane(id.as_bytes()) => id.clone(),
            _ => self.fresh(),
        }
    }

    pub(crate) fn fresh(&self) -> HeaderValue {
        let count = self.made.get();
        self.made.set(count.wrapping_add(1));
        let mut id = String::with_capacity(self.prefix.len() + 16);
        id.push_str(&self.prefix);
        // Writing to a string cannot fail.
        let _ = write!(id, "{count:08x}");
        HeaderValue::try_from(id).expect("hexadecimal digits make a header value")
    }
}

/// Whether an id that came is kept: 1 to 128 visible ASCII characters.
pub(crate) fn is_sane(id: &[u8]) -> bool {
    (1..=LONGEST).contains(&id.len()) && id.iter().all(u8::is_ascii_graphic)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(values: &[&[u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(NAME, HeaderValue::from_bytes(value).expect("a header value"));
        }
        headers
    }

    #[test]
    fn a_sane_id_is_kept_and_anything_else_is_replaced() {
        let ids = RequestIds::new();
        let longest = [b'a'; LONGEST];
        for kept in [&b"7"[..], b"a-b/c:d", &longest] {
            assert_eq!(ids.of(&with(&[kept])).as_bytes(), kept);
        }
        let too_long = [b'a'; LONGEST + 1];
        for replaced in [&b""[..], b"a b", b"a\tb", b"\xff", &too_long] {
            assert_ne!(ids.of(&with(&[replaced])).as_bytes(), replaced);
        }
        assert_ne!(ids.of(&with(&[b"a", b"b"])).as_bytes(), b"a");
    }

    #[test]
    fn no_two_ids_are_the_same_over_workers() {
        let (one, two) = (RequestIds::new(), RequestIds::new());
        let mut made: Vec<HeaderValue> = (0..100).flat_map(|_| [one.fresh(), two.fresh()]).collect();
        made.sort_unstable_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
        made.dedup();
        assert_eq!(made.len(), 200);
    }
}
