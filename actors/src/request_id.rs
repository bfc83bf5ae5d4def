//! The ids of requests.
//!
//! An id that is made here has 30 hexadecimal digits: 16 that are random once per process, 6 for the thread, and a count.

use std::cell::Cell;
use std::hash::{BuildHasher as _, RandomState};
use std::io::Write as _;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;
use http::{HeaderName, HeaderValue};

/// The header that an id comes and goes in, where nothing else was said.
pub const NAME: HeaderName = HeaderName::from_static("x-request-id");

/// Characters of an id that is kept, where nothing else was said: a longer one is replaced.
pub const LONGEST: usize = 128;

/// Digits for the process and the thread.
const PREFIX: usize = 22;
/// Digits for the count, until more are needed.
const COUNT: usize = 8;

/// Random once per process, so that two processes do not make the same ids.
static SEED: OnceLock<u64> = OnceLock::new();
static THREADS: AtomicU32 = AtomicU32::new(0);

thread_local! {
    static IDS: Ids = Ids::new();
}

/// Makes the ids of one thread. It has nothing to drop, so that it is there until the thread ends.
struct Ids {
    prefix: [u8; PREFIX],
    made: Cell<u64>,
}

impl Ids {
    fn new() -> Self {
        let seed = SEED.get_or_init(|| RandomState::new().hash_one("request id"));
        let thread = THREADS.fetch_add(1, Ordering::Relaxed) & 0x00ff_ffff;
        let mut prefix = [0; PREFIX];
        // It fits: 16 digits and 6.
        let _ = write!(&mut prefix[..], "{seed:016x}{thread:06x}");
        Self {
            prefix,
            made: Cell::new(0),
        }
    }

    fn fresh(&self) -> HeaderValue {
        let count = self.made.get();
        self.made.set(count.wrapping_add(1));
        let mut id = Vec::with_capacity(PREFIX + COUNT);
        id.extend_from_slice(&self.prefix);
        // Writing to memory cannot fail.
        let _ = write!(id, "{count:08x}");
        HeaderValue::from_maybe_shared(Bytes::from(id)).expect("hexadecimal digits make a header value")
    }
}

/// A new id. No other one of this process is like it, and by all odds none of another.
pub fn fresh() -> HeaderValue {
    IDS.with(Ids::fresh)
}

/// Whether an id that has come can be kept where nothing else was said: 1 to [`LONGEST`] visible ASCII characters.
pub fn is_sane(id: &[u8]) -> bool {
    (1..=LONGEST).contains(&id.len()) && id.iter().all(u8::is_ascii_graphic)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn an_id_is_sane_that_can_be_seen_and_is_not_too_long() {
        for kept in [&b"7"[..], b"a-b/c:d", &[b'a'; LONGEST]] {
            assert!(is_sane(kept));
        }
        for replaced in [&b""[..], b"a b", b"a\tb", b"\xff", &[b'a'; LONGEST + 1]] {
            assert!(!is_sane(replaced));
        }
    }

    #[test]
    fn no_two_ids_are_the_same_over_threads() {
        let some = || (0..100).map(|_| fresh()).collect::<Vec<_>>();
        let mut made = some();
        for _ in 0..3 {
            made.extend(std::thread::spawn(some).join().unwrap());
        }
        assert!(
            made.iter()
                .all(|id| id.len() == PREFIX + COUNT && is_sane(id.as_bytes()))
        );
        made.sort_unstable_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
        made.dedup();
        assert_eq!(made.len(), 400);
    }
}
