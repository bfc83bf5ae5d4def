//! Probes that are paced.

use std::time::Duration;

use hedgerow_config::{BreakerPolicy, HalfOpen};
use hedgerow_gate::{Permit, State};

use super::drive::Shell;
use super::policy;

#[test]
fn a_probe_that_is_cancelled_after_the_next_was_due_makes_room_for_one_and_not_for_two() {
    let mut shell = Shell::under(BreakerPolicy {
        half_open: HalfOpen {
            permits: 1,
            every: Duration::from_millis(300),
            ..policy().half_open
        },
        ..policy()
    });
    for _ in 0..7 {
        shell.call(Permit::failure).unwrap();
    }
    shell.tick();
    assert_eq!(shell.state(), State::HalfOpen);
    let probe = shell.acquire().unwrap();
    shell.answer();
    shell.advance(300);
    drop(probe);
    shell.answer();
    shell.call(Permit::success).unwrap();
    assert_eq!(
        shell.call(Permit::success),
        Err(State::HalfOpen),
        "300 ms are not over"
    );
    shell.advance(300);
    shell.call(Permit::success).unwrap();
    assert_eq!(shell.state(), State::Closed);
}

#[test]
fn a_probe_that_is_cancelled_while_another_may_begin_makes_no_room_for_a_second_one() {
    let mut shell = Shell::under(BreakerPolicy {
        half_open: HalfOpen {
            permits: 2,
            every: Duration::from_millis(300),
            max_stay: Duration::from_secs(1),
            ..policy().half_open
        },
        ..policy()
    });
    for _ in 0..7 {
        shell.call(Permit::failure).unwrap();
    }
    shell.tick();
    let probe = shell.acquire().unwrap();
    shell.answer();
    shell.advance(300);
    drop(probe);
    shell.answer();
    assert_eq!(shell.gate().free_permits(), 1);
    shell.advance(10_000);
    assert_eq!(shell.state(), State::HalfOpen, "no probe is under way");
    shell.call(Permit::success).unwrap();
    assert_eq!(shell.call(Permit::success), Err(State::HalfOpen));
}

#[test]
fn another_number_of_permits_lets_one_probe_begin_at_once_and_the_next_after_the_pace() {
    let paced = |permits| BreakerPolicy {
        half_open: HalfOpen {
            permits,
            every: Duration::from_millis(300),
            successes: 3,
            ..policy().half_open
        },
        ..policy()
    };
    let mut shell = Shell::under(paced(1));
    for _ in 0..7 {
        shell.call(Permit::failure).unwrap();
    }
    shell.tick();
    shell.call(Permit::success).unwrap();
    shell.retune(paced(2));
    shell.advance(250);
    shell.call(Permit::success).unwrap();
    shell.advance(100);
    assert_eq!(shell.call(Permit::success), Err(State::HalfOpen));
    shell.advance(200);
    shell.call(Permit::success).unwrap();
}
