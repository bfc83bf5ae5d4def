//! What a call costs by a key among many.

use std::error::Error;
use std::hint::black_box;
use std::num::NonZeroUsize;

use hedgerow_benches::{Contest, Random};

use crate::by_hand::{DashMapOfFailsafe, DashMapOfRecloser, MutexOfFailsafe};
use crate::contestants::{ByKey, Failed, Keyed, NoBreaker};
use crate::{KEYS, key, stage};

/// Which key the next call has.
#[derive(Debug, Clone, Copy)]
enum Choice {
    /// Each as often as any other.
    Uniform,
    /// Always the same.
    Hot,
}

/// Prints what a call costs, closed and refused.
pub(crate) fn contests() -> Result<(), Box<dyn Error>> {
    let keys: Vec<String> = (0..KEYS).map(key).collect();
    let contestants = Contestants {
        ours: stage::run(Keyed::start())?,
        mutex: MutexOfFailsafe::default(),
        dashmap: DashMapOfFailsafe::default(),
        reclosers: DashMapOfRecloser::default(),
    };
    println!(
        "nanoseconds for one call by its key, 31 rounds in turns; ratios are taken within a round. Each call chooses a key and \
         does the work of `no breaker`. All calls succeed, but where all are refused.\n\
         Policies: ours half of the calls of 10 s, or a run of 7; failsafe a run of 7; recloser half of the last 100 calls.\n\
         Ours tells who is refused by which breaker, rule and limit, and until when; theirs that they are.\n"
    );
    contestants.fill(&keys);
    let thread_counts = [NonZeroUsize::MIN, NonZeroUsize::MIN.saturating_add(1)];
    for threads in thread_counts {
        println!("closed, a key of {KEYS}, each as often as any other");
        contestants.compete(threads, &keys, Choice::Uniform);
        println!("closed, one hot key of {KEYS}");
        contestants.compete(threads, &keys, Choice::Hot);
    }
    contestants.trip(&keys[0]);
    for threads in thread_counts {
        println!("open, one hot key of {KEYS}, every call is refused");
        contestants.compete(threads, &keys, Choice::Hot);
    }
    Ok(())
}

struct Contestants {
    ours: Keyed,
    mutex: MutexOfFailsafe,
    dashmap: DashMapOfFailsafe,
    reclosers: DashMapOfRecloser,
}

impl Contestants {
    /// Has all keys called once.
    fn fill(&self, keys: &[String]) {
        for key in keys {
            let good = || Ok(1);
            let answers = [
                self.ours.call(key, good).is_ok(),
                self.mutex.call(key, good).is_ok(),
                self.dashmap.call(key, good).is_ok(),
                self.reclosers.call(key, good).is_ok(),
            ];
            assert_eq!(answers, [true; 4], "all are closed");
        }
    }

    /// Fails calls of a key until all refuse it.
    fn trip(&self, key: &str) {
        let mut attempts = 0;
        loop {
            let refused = [
                self.ours.refuses(key),
                self.mutex.refuses(key),
                self.dashmap.refuses(key),
                self.reclosers.refuses(key),
            ];
            // Ours may be fenced at first; open is what is measured.
            if refused == [true; 4] && self.ours.not_closed() == 1 {
                return;
            }
            attempts += 1;
            assert!(attempts < 10_000_000, "they do not trip: {refused:?}");
            std::thread::yield_now();
        }
    }

    fn compete(&self, threads: NonZeroUsize, keys: &[String], choice: Choice) {
        let outcome = Contest::new(threads)
            .contestant("hedgerow keyed", |count| calls(&self.ours, keys, choice, count))
            .contestant("no breaker", |count| calls(&NoBreaker, keys, choice, count))
            .contestant("Mutex<HashMap> of failsafe", |count| {
                calls(&self.mutex, keys, choice, count)
            })
            .contestant("DashMap of failsafe", |count| {
                calls(&self.dashmap, keys, choice, count)
            })
            .contestant("DashMap of recloser", |count| {
                calls(&self.reclosers, keys, choice, count)
            })
            .run();
        println!("{outcome}");
    }
}

/// Does `count` calls that succeed.
fn calls(breakers: &impl ByKey, keys: &[String], choice: Choice, count: u64) {
    let mut random = Random::new();
    let mut state = count;
    for _ in 0..count {
        let drawn = random.below(keys.len());
        let index = match choice {
            Choice::Uniform => drawn,
            Choice::Hot => black_box(0),
        };
        let _ = black_box(breakers.call(&keys[index], || {
            state = work(state);
            black_box(Ok::<u64, Failed>(state))
        }));
    }
}

/// One or two nanoseconds that the compiler can neither leave out nor overlap with the next call's.
#[inline]
fn work(state: u64) -> u64 {
    black_box(state)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .rotate_left(17)
}
