//! What a quota costs a request, beside `governor` as it comes.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

mod contestants;
mod goals;

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::hint::black_box;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crossbeam_utils::CachePadded;
use hedgerow_benches::machine::Facts;
use hedgerow_benches::{Contest, Random};

use contestants::{Bare, BareKeyed, MonotonicKeyed, Ours, Quota};
use goals::Goal;

/// Keys that have a bucket, where there is more than one.
const KEYS: usize = 10_000;

fn main() {
    let facts = Facts::now();
    println!("rate_limit: a quota for all, and one for each of {KEYS} keys");
    println!("{facts}\n");
    println!(
        "nanoseconds for one decision, 31 rounds in turns; ratios are taken within a round. Ours is given the time, as a node is \
         that shares one reading of the clock with all other nodes of its request; governor reads its own (quanta), as it comes.\n"
    );
    for (threads, goal) in [(1, 3.0), (2, 2.0)] {
        shared(threads, goal);
    }
    for threads in [1, 2] {
        keyed(threads);
    }
}

fn count_of(threads: usize) -> NonZeroUsize {
    NonZeroUsize::new(threads).unwrap_or(NonZeroUsize::MIN)
}

/// One bucket, asked by all.
fn shared(threads: usize, goal: f64) {
    for (what, quota) in [("admitted", Quota::ample()), ("refused", Quota::used_up())] {
        let (ours, bare) = (Ours::for_all(&quota), Bare::new(&quota));
        let word = CachePadded::new(AtomicU64::new(0));
        println!("one bucket for all, every request is {what}");
        let outcome = Contest::new(count_of(threads))
            .contestant("hedgerow", |count| {
                let mut time = Time::new();
                for _ in 0..count {
                    let _ = black_box(ours.check(time.now()));
                }
            })
            .contestant("governor", |count| {
                for _ in 0..count {
                    let _ = black_box(bare.check());
                }
            })
            .contestant("one compare-and-swap", |count| {
                for _ in 0..count {
                    let seen = black_box(word.load(Ordering::Acquire));
                    let _ =
                        black_box(word.compare_exchange(seen, seen + 1, Ordering::AcqRel, Ordering::Acquire));
                }
            })
            .contestant("one addition, blindly", |count| {
                for _ in 0..count {
                    let _ = black_box(word.fetch_add(1, Ordering::AcqRel));
                }
            })
            .run();
        println!("{outcome}");
        Goal::times(&outcome, "governor", goal).print();
    }
}

/// A bucket for each of many keys.
fn keyed(threads: usize) {
    let keys: Vec<String> = (0..KEYS).map(|number| format!("tenant-{number:05}")).collect();
    let quota = Quota::ample();
    let (ours, bare) = (Ours::for_each_key(&quota, KEYS), BareKeyed::new(&quota));
    let monotonic = MonotonicKeyed::new(&quota);
    let words: Vec<_> = (0..KEYS).map(|_| CachePadded::new(AtomicU64::new(0))).collect();
    let seed = RandomState::new();
    for (what, hot) in [("one hot key", true), ("each key as often as any other", false)] {
        println!("a bucket for each of {KEYS} keys, {what}, every request is admitted");
        let index = |random: &mut Random| if hot { black_box(0) } else { random.below(KEYS) };
        let outcome = Contest::new(count_of(threads))
            .contestant("hedgerow", |count| {
                let (mut time, mut random) = (Time::new(), Random::new());
                for _ in 0..count {
                    let key = &keys[index(&mut random)];
                    let _ = black_box(ours.check_key(time.now(), key.as_bytes()));
                }
            })
            .contestant("governor", |count| {
                let mut random = Random::new();
                for _ in 0..count {
                    let _ = black_box(bare.check(&keys[index(&mut random)]));
                }
            })
            .contestant("governor, std's clock", |count| {
                let mut random = Random::new();
                for _ in 0..count {
                    let _ = black_box(monotonic.check(&keys[index(&mut random)]));
                }
            })
            .contestant("its hash, one compare-and-swap", |count| {
                let mut random = Random::new();
                for _ in 0..count {
                    let at = index(&mut random);
                    let mut hasher = seed.build_hasher();
                    hasher.write(keys[at].as_bytes());
                    let hash = hasher.finish();
                    let seen = black_box(words[at].load(Ordering::Acquire));
                    let next = seen.wrapping_add(hash);
                    let _ = black_box(words[at].compare_exchange(
                        seen,
                        next,
                        Ordering::AcqRel,
                        Ordering::Acquire,
                    ));
                }
            })
            .run();
        println!("{outcome}");
        Goal::times(&outcome, "governor", 8.0).print();
    }
}

/// What a node's requests bring: a reading that somebody else has paid for.
struct Time(u64);

impl Time {
    fn new() -> Self {
        Self(1_000_000_000)
    }

    #[inline]
    fn now(&mut self) -> Duration {
        self.0 += 100;
        black_box(Duration::from_nanos(self.0))
    }
}
