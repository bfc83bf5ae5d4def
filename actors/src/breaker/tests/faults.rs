//! What the project promises of half-open and open breakers when everything happens at once.

use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use hedgerow_config::{BreakerPolicy, HalfOpen, OpenFor};
use hedgerow_gate::{Permit, State};

use super::drive::Shell;
use super::policy;

/// A shell whose breaker has just become half-open.
fn half_open(policy: BreakerPolicy) -> Shell {
    let mut shell = Shell::under(policy);
    for _ in 0..7 {
        shell.call(Permit::failure).unwrap();
    }
    shell.tick();
    assert_eq!(shell.state(), State::HalfOpen);
    shell
}

/// So many calls at once, of which none ends before all have asked. Answers how many were let through.
fn herd(shell: &Shell, calls: u64) -> u64 {
    const THREADS: u64 = 8;
    let (gate, start, all_have_asked) = (
        shell.gate(),
        Barrier::new(THREADS as usize),
        Barrier::new(THREADS as usize),
    );
    let admitted = AtomicU64::new(0);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                start.wait();
                let permits: Vec<_> = (0..calls / THREADS)
                    .filter_map(|_| Permit::acquire(&**gate).ok())
                    .collect();
                admitted.fetch_add(permits.len() as u64, Ordering::Relaxed);
                all_have_asked.wait();
            });
        }
    });
    admitted.into_inner()
}

#[test]
fn b1_of_ten_thousand_calls_at_once_exactly_the_permits_pass() {
    for permits in [1, 3, 10] {
        let shell = half_open(BreakerPolicy {
            half_open: HalfOpen {
                permits,
                ..policy().half_open
            },
            ..policy()
        });
        for _ in 0..5 {
            assert_eq!(herd(&shell, 10_000), u64::from(permits));
        }
    }
    let paced = half_open(BreakerPolicy {
        half_open: HalfOpen {
            every: Duration::from_secs(10),
            ..policy().half_open
        },
        ..policy()
    });
    assert_eq!(herd(&paced, 10_000), 1, "where probes are paced, one");
}

#[test]
fn b2_results_of_an_older_generation_move_nothing() {
    let reports: [fn(super::drive::Held); 4] =
        [Permit::success, Permit::failure, Permit::timeout, |permit| {
            permit.slow().success()
        }];
    for late in reports {
        let mut shell = Shell::start();
        let before: Vec<_> = (0..20).map(|_| shell.acquire().unwrap()).collect();
        for _ in 0..7 {
            shell.call(Permit::failure).unwrap();
        }
        assert_eq!(shell.state(), State::Open);
        let mut before = before.into_iter();
        before.by_ref().take(5).for_each(late);
        shell.tick();
        assert_eq!(shell.state(), State::HalfOpen);
        before.by_ref().take(5).for_each(late);
        shell.answer();
        assert_eq!(shell.state(), State::HalfOpen);
        for _ in 0..2 {
            shell.call(Permit::success).unwrap();
        }
        assert_eq!(shell.state(), State::Closed);
        before.for_each(late);
        shell.advance(100);
        assert_eq!(shell.state(), State::Closed);
        assert_eq!(shell.machine.window().totals().calls(), 0);
        assert_eq!(shell.moves.len(), 3);
    }
}

#[test]
fn b4_an_upstream_that_flaps_moves_its_breaker_less_and_less_often() {
    const MINUTES: u64 = 10;
    for seed in 0..5 {
        let mut shell = Shell::under(BreakerPolicy {
            open_for: OpenFor::default(),
            ..BreakerPolicy::default()
        });
        shell.machine.luck = hedgerow_supervisor::Jitter::new(seed);
        let mut in_minute = vec![0; MINUTES as usize];
        for step in 0..MINUTES * 60 * 50 {
            // Up for two seconds, down for two, a call each 20 ms.
            let is_up = step / 100 % 2 == 0;
            let _ = shell.call(if is_up { Permit::success } else { Permit::failure });
            shell.advance(20);
            in_minute[(step / 3_000) as usize] += shell.moves.drain(..).count();
        }
        assert!(in_minute[0] <= 24, "{in_minute:?}");
        assert!(in_minute[1..].iter().all(|moves| *moves <= 9), "{in_minute:?}");
    }
}

#[test]
fn a_callee_that_asks_for_time_gets_it_up_to_the_longest() {
    let ask = |shell: &mut Shell, at_ms: u64| {
        shell
            .acquire()
            .unwrap()
            .failure_until(Duration::from_millis(at_ms));
        shell.answer();
    };
    for (asked_ms, open_ms) in [(500, 1_000), (3_000, 3_000), (3_600_000, 5_000)] {
        let mut shell = Shell::start();
        for _ in 0..6 {
            shell.call(Permit::failure).unwrap();
        }
        ask(&mut shell, asked_ms);
        assert_eq!(shell.wake_at, Some(Duration::from_millis(open_ms)));
        shell.advance(open_ms);
        // A probe that fails so is a failed probe, which asks again.
        ask(&mut shell, open_ms + 4_000);
        assert_eq!(shell.wake_at, Some(Duration::from_millis(open_ms + 4_000)));
        // What was asked for before is forgotten with its generation.
        shell.advance(4_000);
        shell.call(Permit::failure).unwrap();
        assert_eq!(shell.wake_at, Some(Duration::from_millis(open_ms + 8_000)));
    }
}

#[test]
fn the_longest_stay_in_half_open_is_the_policy_s() {
    let mut shell = half_open(BreakerPolicy {
        half_open: HalfOpen {
            max_stay: Duration::from_secs(2),
            ..policy().half_open
        },
        ..policy()
    });
    shell.hang().unwrap();
    shell.advance(1_999);
    assert_eq!(shell.state(), State::HalfOpen);
    shell.advance(1);
    let cause = shell.moves.last().unwrap().cause.to_string();
    assert_eq!(
        cause,
        "halfOpen.maxStay: limit 2000 ms, observed 1 probe without an end"
    );
}
