//! Buckets that many threads ask at once.

use std::num::NonZeroU32;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use super::*;
use crate::rate::bucket::Answer;
use crate::rate::pace::TOKEN;
use crate::rate::table::{Hash, Table};

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

/// As a limiter asks, but that nobody shares a bucket: admitted by the key's own, or not at all.
fn admits(table: &Table, key: u64, given: u64, burst: NonZeroU32) -> bool {
    // Spread as hashes are.
    let hash = Hash::new(key.wrapping_mul(0x9e37_79b9_7f4a_7c15)).unwrap();
    loop {
        let Some(place) = table.find(hash).or_else(|| table.settle(hash, given, SECOND)) else {
            return false;
        };
        match place.bucket().ask(given, burst, || place.is_theirs()) {
            Answer::Admitted => return true,
            Answer::Missing(_) => return false,
            Answer::Lost => {}
        }
    }
}

/// In each round all buckets are as good as new, so that keys push each other out while others are asking: whoever holds a
/// bucket that is given to another key meanwhile counts on neither.
#[test]
fn keys_that_push_each_other_out_have_their_burst_each_and_no_more() {
    const KEYS: usize = 16;
    const ROUNDS: u64 = 4_000;
    let burst = NonZeroU32::new(2).unwrap();
    let table = Table::new(8);
    let admitted: [AtomicU32; KEYS] = std::array::from_fn(|_| AtomicU32::new(0));
    let (begin, end) = (Barrier::new(THREADS), Barrier::new(THREADS));
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (table, admitted, begin, end) = (&table, &admitted, &begin, &end);
            scope.spawn(move || {
                for round in 1..=ROUNDS {
                    begin.wait();
                    for step in 0..KEYS * 4 {
                        let key = (step * 7 + step / KEYS + thread * 3 + round as usize) % KEYS;
                        if admits(table, key as u64 + 1, round * 1_000 * TOKEN, burst) {
                            admitted[key].fetch_add(1, Ordering::AcqRel);
                        }
                    }
                    end.wait();
                    if thread == 0 {
                        let counts = admitted.iter().map(|count| count.swap(0, Ordering::AcqRel));
                        let counts: Vec<_> = counts.collect();
                        assert!(counts.iter().all(|count| *count <= burst.get()), "{counts:?}");
                        // All places were asked for more than they have.
                        assert_eq!(
                            counts.iter().sum::<u32>(),
                            table.known() * burst.get(),
                            "{counts:?}"
                        );
                    }
                }
            });
        }
    });
    assert_eq!(table.known(), 8);
}
