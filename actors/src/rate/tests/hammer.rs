//! Buckets that many threads ask at once.

use std::sync::Barrier;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::thread;

use super::*;

const THREADS: usize = 4;

#[test]
fn in_a_thousand_races_for_one_bucket_exactly_the_burst_is_admitted() {
    const BURST: u32 = 64;
    for rounds in [
        RateLimit::per_hour(1).burst(BURST),
        keyed(RateLimit::per_hour(1).burst(BURST)),
    ] {
        for _ in 0..500 {
            let limiter = Limiter::new(&rounds);
            let (begin, admitted) = (Barrier::new(THREADS), AtomicU32::new(0));
            thread::scope(|scope| {
                for _ in 0..THREADS {
                    scope.spawn(|| {
                        begin.wait();
                        for _ in 0..BURST {
                            let ok = limiter.check_key(SECOND, b"acme").is_ok();
                            admitted.fetch_add(ok.into(), Ordering::Relaxed);
                        }
                    });
                }
            });
            assert_eq!(admitted.into_inner(), BURST);
        }
    }
}

/// Keys that go and come back all the time, as there is room for half of them: whoever holds a bucket that is given to
/// another key meanwhile counts on neither.
#[test]
fn keys_that_push_each_other_out_have_what_the_quota_says_and_no_more() {
    const KEYS: usize = 16;
    const BURST: u64 = 2;
    // A token in a microsecond of a clock that only these threads move.
    let limiter = Limiter::new(&keyed(RateLimit::per_second(1_000_000).burst(2).max_keys(8)));
    let clock = AtomicU64::new(1_000);
    let admitted: [AtomicU64; KEYS] = std::array::from_fn(|_| AtomicU64::new(0));
    let begin = Barrier::new(THREADS);
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (limiter, clock, admitted, begin) = (&limiter, &clock, &admitted, &begin);
            scope.spawn(move || {
                begin.wait();
                for step in 0..100_000_usize {
                    let now = Duration::from_nanos(clock.fetch_add(100, Ordering::Relaxed));
                    let key = (step * 7 + thread * step / 3) % KEYS;
                    match limiter.check_key(now, &[key as u8]) {
                        Ok(()) => {
                            admitted[key].fetch_add(1, Ordering::Relaxed);
                        }
                        // What the others share is counted on no key.
                        Err(over) => assert!(over.whose() != Whose::All),
                    }
                }
            });
        }
    });
    let tokens = clock.into_inner() / 1_000;
    for (key, admitted) in admitted.iter().enumerate() {
        // By its own bucket, and by the one that it shares at other times.
        let admitted = admitted.load(Ordering::Relaxed);
        assert!(
            admitted <= 2 * (BURST + tokens),
            "{key}: {admitted} in {tokens} tokens"
        );
        assert!(admitted > 0, "{key} was never served");
    }
}
