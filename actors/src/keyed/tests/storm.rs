//! Calls, failures, orders, sweeps and a keeper that falls, on real threads and at random.
//!
//! A run that fails prints its seed; with it in `HEDGEROW_SEED` that run is repeated (threads meet as they meet: what is
//! repeated is what each of them does).

use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use hedgerow_supervisor::Clock;

use super::*;
use crate::breaker::Instruction;
use crate::keyed::place::{Care, Place};

const THREADS: u64 = 4;
const KEYS: usize = 48;
/// Keys that a thread calls at a time; the others may rest, and are called now and then.
const HOT: u64 = 6;
const HOT_FOR: Duration = Duration::from_millis(350);
const STORM: Duration = Duration::from_secs(4);

/// How long a thing may take that is sure to come, on a machine that is busy with others.
const SURELY: Duration = Duration::from_secs(40);

/// Numbers by chance: xorshift64*.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % end
    }
}

/// What one thread knows of a key that nobody else calls.
struct Mine {
    key: String,
    /// Failures since the last success, all of them admitted.
    run: u32,
}

fn blocking<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

async fn surely<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(SURELY, future).await.expect("it answers")
}

fn until(clock: Clock, what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = clock.now();
    while !is_so() {
        assert!(clock.now() - begun < SURELY, "{what}");
        thread::yield_now();
    }
}

fn limits() -> KeyLimits {
    KeyLimits {
        max_keys: 1_000,
        idle_for: Duration::from_millis(20),
    }
}

fn caller(keyed: &KeyedBreakerHandle, clock: Clock, mut dice: Dice, number: u64) -> Vec<Mine> {
    let mut mine: Vec<Mine> = (0..KEYS)
        .map(|key| Mine {
            key: format!("{number}/{key}"),
            run: 0,
        })
        .collect();
    let begun = clock.now();
    while clock.now() - begun < STORM {
        let hot = (clock.now() - begun).as_millis() / HOT_FOR.as_millis() * u128::from(HOT);
        let of = match dice.below(100) {
            0 => dice.below(KEYS as u64),
            _ => hot as u64 + dice.below(HOT),
        };
        let Mine { key, run } = &mut mine[of as usize % KEYS];
        match dice.below(400) {
            0 => {
                let instruction = [Instruction::ForceOpen, Instruction::Disable][dice.below(2) as usize];
                let _ = blocking(surely(keyed.instruct(key, instruction, "ann")));
                // A keeper that falls does not answer, so whether it was done is open; this is asked until it was.
                while blocking(surely(keyed.instruct(key, Instruction::Close, "ann"))).is_err() {
                    thread::yield_now();
                }
                *run = 0;
            }
            1..=200 => {
                for _ in 0..=dice.below(3) {
                    if let Ok(permit) = keyed.acquire(key) {
                        permit.failure();
                        *run += 1;
                    }
                }
            }
            201..=360 => {
                if let Ok(permit) = keyed.acquire(key) {
                    permit.success();
                    *run = 0;
                }
            }
            _ => drop(keyed.acquire(key)),
        }
    }
    mine
}

fn storm(seed: u64) {
    let ground = Ground::new(Arbiters::threads(NonZeroUsize::MIN).unwrap());
    let means = Means {
        store: Store::memory(),
        events: ground.events.clone(),
        clock: ground.clock,
    };
    let (clock, store) = (ground.clock, means.store.clone());
    let short = BreakerPolicy {
        window: WindowLength::Time(Duration::from_millis(200)),
        ..policy()
    };
    let (child, keyed) = spec("breakers", "payments", "tenant", short, limits(), &means).unwrap();
    let tree = blocking(Tree::start(Supervisor::one_for_one("root").child(child), &ground)).unwrap();
    let directory: Directory = tree.directory().clone();
    let is_over = AtomicBool::new(false);

    let mine: Vec<Mine> = thread::scope(|scope| {
        let callers: Vec<_> = (0..THREADS)
            .map(|number| {
                let dice = Dice(seed.wrapping_mul(THREADS).wrapping_add(number) | 1);
                let keyed = &keyed;
                scope.spawn(move || caller(keyed, clock, dice, number))
            })
            .collect();
        let falling = scope.spawn(|| {
            let keeper = path().child("keeper");
            let mut dice = Dice(seed | 1);
            while !is_over.load(Ordering::Relaxed) {
                let _ = blocking(directory.operate(&keeper, Order::Restart));
                (0..dice.below(20_000)).for_each(|_| thread::yield_now());
            }
        });
        let ended: Vec<_> = callers.into_iter().map(thread::ScopedJoinHandle::join).collect();
        is_over.store(true, Ordering::Relaxed);
        falling.join().unwrap();
        ended.into_iter().flat_map(Result::unwrap).collect()
    });

    let family = &keyed.family;
    let is_known = |place: &Arc<Place>| {
        place.care() != Care::Left || place.owner.sums().bad() == place.owner.left_at().bad()
    };
    until(
        clock,
        "no bad call is unknown to a keeper that has left a place",
        || family.all().iter().all(is_known),
    );
    // Runs of a key that rested and was swept in the middle are begun anew, which takes a window and two sweeps.
    let is_run = |mine: &&Mine| mine.run >= 3 && family.place(&mine.key).owner.observe().runs.failures >= 3;
    for Mine { key, run } in mine.iter().filter(is_run) {
        let what = format!("`{key}` has failed {run} times in a row and is not open");
        until(clock, &what, || family.place(key).owner.state() == State::Open);
    }
    // And with the window and the sweeps out of the way.
    for Mine { key, .. } in &mine {
        let what = format!("`{key}` fails and fails, and is not open");
        until(clock, &what, || {
            keyed.acquire(key).map(Permit::failure).ok();
            family.place(key).owner.state() == State::Open
        });
    }
    until(
        clock,
        "every place has its breaker, and the tree no other",
        || {
            let places = family.all();
            let awake = places.iter().filter(|place| place.care() == Care::Awake).count();
            let ids = ids(&directory);
            let different: HashSet<_> = ids.iter().collect();
            assert_eq!(different.len(), ids.len(), "no two have one name");
            family.len() as usize == places.len() - 1 && awake == mine.len() && ids.len() == awake
        },
    );
    for Mine { key, .. } in &mine {
        blocking(surely(keyed.instruct(key, Instruction::Close, "ann")))
            .unwrap()
            .unwrap();
    }
    until(clock, "all rest, are dropped and leave no record", || {
        let scan = blocking(store.scan(&hedgerow_store::Prefix::name("breaker", "payments"))).unwrap();
        family.len() == 0 && family.places.is_empty() && ids(&directory).is_empty() && scan.records.is_empty()
    });
    blocking(tree.stop());
    let _ = Arc::strong_count(family);
}

#[test]
fn whatever_happens_to_keys_and_their_keeper_none_is_lost_and_nothing_is_left_behind() {
    let replayed = std::env::var("HEDGEROW_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let seed = replayed.unwrap_or_else(|| u64::from(std::process::id()));
    if std::panic::catch_unwind(|| storm(seed)).is_err() {
        panic!("replay with HEDGEROW_SEED={seed}");
    }
}
