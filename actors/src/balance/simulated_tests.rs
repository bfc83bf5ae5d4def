//! Callers and endpoints in simulated time: what becomes of calls that take as long as they do.
#![allow(clippy::unwrap_used)]

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use hedgerow_config::Balance;

use super::field::{seeded, table};
use super::{By, Candidates, Ended, Load, Observed};
use crate::chance;

const MS: u64 = 1_000_000;

/// How an endpoint behaves.
#[derive(Clone, Copy)]
enum Way {
    /// It answers after about so many milliseconds.
    Answers(u64),
    /// It fails at once.
    Fails,
    /// It never answers.
    Silent,
}

struct Site {
    loads: Vec<Load>,
    now: Duration,
}

impl Candidates for Site {
    fn may_be_used(&self, _: usize) -> bool {
        true
    }

    fn observed(&self, index: usize) -> Observed {
        self.loads[index].observed(self.now)
    }

    fn all_in_flight(&self) -> u64 {
        self.loads.iter().map(Load::in_flight).sum()
    }

    fn ramp(&self, _: usize) -> f64 {
        1.0
    }
}

/// How often each endpoint was picked by callers of whom each makes one call after the other, in so many seconds of which
/// the last half counts. Who waits for a silent one gives up after a second.
fn picked(balance: &Balance, ways: &[Way], callers: usize, seconds: u64) -> Vec<u64> {
    let table = table(balance, &vec![1; ways.len()]);
    let mut site = Site {
        loads: ways.iter().map(|_| Load::default()).collect(),
        now: Duration::ZERO,
    };
    let mut random = seeded(callers as u64);
    let mut counts = vec![0; ways.len()];
    let mut ends = BinaryHeap::new();
    let end = Duration::from_secs(seconds);
    let mut free = callers;
    while site.now < end {
        while free > 0 {
            free -= 1;
            let index = table.pick(By::default(), &site, &mut random).unwrap();
            site.loads[index].begin(site.now);
            if site.now > end / 2 {
                counts[index] += 1;
            }
            let (ended, nanos) = match ways[index] {
                // Exponential, as from a queue.
                Way::Answers(ms) => {
                    let long = -(1.0 - chance::point(random())).ln();
                    (Ended::Answered, (long * (ms * MS) as f64) as u64 + 1)
                }
                Way::Fails => (Ended::Failed, MS / 10),
                Way::Silent => (Ended::Dropped, 1_000 * MS),
            };
            let over = site.now + Duration::from_nanos(nanos);
            ends.push(Reverse((over, site.now, index, ended as u8)));
        }
        let Some(Reverse((over, began, index, ended))) = ends.pop() else {
            break;
        };
        site.now = over;
        let ended = [Ended::Answered, Ended::Failed, Ended::Dropped][usize::from(ended)];
        site.loads[index].end(ended, began, over);
        free += 1;
    }
    counts
}

fn share(counts: &[u64], index: usize) -> f64 {
    counts[index] as f64 / counts.iter().sum::<u64>() as f64
}

#[test]
fn the_swift_get_more_than_the_slow_and_the_slow_are_not_starved() {
    let ways = [
        Way::Answers(2),
        Way::Answers(40),
        Way::Answers(2),
        Way::Answers(2),
    ];
    for callers in [1, 20] {
        let counts = picked(&Balance::P2cEwma, &ways, callers, 60);
        assert!(share(&counts, 1) < 0.05, "{counts:?}");
        assert!(counts[1] > 0, "{counts:?}");
        for swift in [0, 2, 3] {
            assert!(share(&counts, swift) > 0.2, "{counts:?}");
        }
    }
    // By calls under way alone it has a few more.
    let counts = picked(&Balance::LeastRequest, &ways, 20, 10);
    assert!(share(&counts, 1) < 0.15, "{counts:?}");
}

#[test]
fn alike_endpoints_get_alike_shares() {
    for balance in [Balance::P2cEwma, Balance::LeastRequest] {
        let counts = picked(&balance, &[Way::Answers(5); 5], 40, 10);
        for index in 0..5 {
            assert!((0.1..0.3).contains(&share(&counts, index)), "{counts:?}");
        }
    }
}

#[test]
fn who_fails_at_once_does_not_draw_calls_by_being_fast() {
    let ways = [Way::Answers(5), Way::Fails, Way::Answers(5)];
    for callers in [1, 20] {
        let counts = picked(&Balance::P2cEwma, &ways, callers, 20);
        assert!(share(&counts, 1) < 0.05, "{counts:?}");
    }
}

#[test]
fn who_is_silent_gets_next_to_nothing_even_where_its_callers_give_up() {
    let ways = [Way::Answers(5), Way::Silent];
    for callers in [1, 20] {
        let counts = picked(&Balance::P2cEwma, &ways, callers, 20);
        assert!(share(&counts, 1) < 0.005, "{counts:?}");
    }
}

#[test]
fn who_falls_silent_is_picked_no_more_at_once() {
    let table = table(&Balance::P2cEwma, &[1, 1]);
    let mut site = Site {
        loads: vec![Load::default(), Load::default()],
        now: Duration::ZERO,
    };
    let mut random = seeded(1);
    // Both have answered within a millisecond; then the first one does not any more, and ten calls come at a time.
    for load in &site.loads {
        load.begin(site.now);
        load.end(Ended::Answered, site.now, Duration::from_millis(1));
    }
    site.now = Duration::from_millis(1);
    let mut silent = 0;
    for _ in 0..1_000 {
        let began = site.now;
        let picks: Vec<usize> = (0..10)
            .map(|_| {
                let index = table.pick(By::default(), &site, &mut random).unwrap();
                site.loads[index].begin(began);
                index
            })
            .collect();
        site.now += Duration::from_millis(1);
        for index in picks {
            if index == 1 {
                site.loads[1].end(Ended::Answered, began, site.now);
            } else {
                silent += 1;
            }
        }
    }
    assert!(silent <= 10, "{silent} of 10,000");
}
