//! What it costs to choose an endpoint, by who chooses and among how many.
//!
//! There is no peer that can be asked the same: tower's `Balance` is a service that polls the readiness of services of its own.
//! The base is an index drawn at random of a list: what any choice by chance costs at the least.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

mod attempts;

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hedgerow_actors::balance::{By, Candidates, Ended, Load, Member, Observed, Table, hash};
use hedgerow_benches::machine::Facts;
use hedgerow_benches::{Contest, Random};
use hedgerow_config::Balance;

/// Members with loads that threads share, as endpoints have them.
struct Field {
    loads: Vec<Load>,
    usable: Vec<AtomicBool>,
}

const NOW: Duration = Duration::from_secs(1);

impl Field {
    /// All have answered, each as fast as its number says.
    fn new(count: usize) -> Self {
        let loads: Vec<Load> = (0..count).map(|_| Load::default()).collect();
        for (number, load) in (1..).zip(&loads) {
            load.measure(
                Ended::Answered,
                NOW.saturating_sub(Duration::from_micros(number)),
                NOW,
            );
        }
        Self {
            loads,
            usable: (0..count).map(|_| AtomicBool::new(true)).collect(),
        }
    }

    /// Every other one may not be used.
    fn half(self) -> Self {
        for usable in self.usable.iter().step_by(2) {
            usable.store(false, Ordering::Relaxed);
        }
        self
    }
}

impl Candidates for Field {
    fn may_be_used(&self, index: usize) -> bool {
        self.usable[index].load(Ordering::Relaxed)
    }

    fn observed(&self, index: usize) -> Observed {
        self.loads[index].observed(NOW)
    }

    fn all_in_flight(&self) -> u64 {
        0
    }

    fn ramp(&self, _: usize) -> f64 {
        1.0
    }
}

/// So many calls of this thread: who is picked for each is given to `then`.
fn calls(table: &Table, field: &Field, count: u64, then: impl Fn(usize)) {
    let mut random = Random::new();
    let mut draw = || random.below(usize::MAX) as u64;
    for call in 0..count {
        let by = By {
            turn: call as usize,
            hash: Some(hash(call.to_le_bytes())),
        };
        match table.pick(by, field, &mut draw) {
            Some(index) => then(index),
            None => panic!("some may be used"),
        }
    }
}

fn picks(threads: NonZeroUsize, count: usize) {
    let names: Vec<String> = (0..count)
        .map(|number| format!("10.0.{}.{}:80", number / 256, number % 256))
        .collect();
    let weighted = |weight: fn(usize) -> u32| {
        let members = names.iter().enumerate();
        let members = members.map(|(number, name)| Member {
            name,
            weight: weight(number),
        });
        members.collect::<Vec<_>>()
    };
    let (same, different) = (weighted(|_| 1), weighted(|number| 1 + number as u32 % 5));
    let (field, half) = (Field::new(count), Field::new(count).half());
    let tables: Vec<(&str, Table)> = Balance::NAMES
        .into_iter()
        .filter_map(|name| {
            let balance = Balance::named(name)?;
            let members = if balance == Balance::Weighted {
                &different
            } else {
                &same
            };
            Some((name, Table::build(&balance, members)))
        })
        .collect();
    let p2c = Table::build(&Balance::P2cEwma, &same);
    let list: Vec<usize> = (0..count).collect();
    let mut contest = Contest::new(threads).contestant("an index of a list, at random", |calls| {
        let mut random = Random::new();
        for _ in 0..calls {
            black_box(list[random.below(list.len())]);
        }
    });
    for (name, table) in &tables {
        contest = contest.contestant(*name, |count| {
            calls(table, &field, count, |index| {
                black_box(index);
            });
        });
    }
    let contest = contest
        .contestant("p2cEwma, where half may be used", |count| {
            calls(&p2c, &half, count, |index| {
                black_box(index);
            });
        })
        .contestant("p2cEwma, with what is written of a call", |count| {
            calls(&p2c, &field, count, |index| {
                field.loads[index].begin(NOW);
                field.loads[index].end(Ended::Answered, NOW, NOW);
            });
        });
    println!("among {count}:\n{}", contest.run());
}

fn main() {
    println!("balance: nanoseconds for one choice");
    println!("{}\n", Facts::now());
    for threads in [1, 2] {
        let threads = NonZeroUsize::new(threads).expect("it is 1 or 2");
        for count in [2, 10, 100, 1_000, 10_000] {
            picks(threads, count);
        }
        attempts::contest(threads);
    }
}
