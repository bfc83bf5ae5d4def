//! First attempts, held against the objective.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use crate::factory::record::{Record, Turn};
use crate::factory::{FactoryScope, FactorySlo};

const MINUTE: Duration = Duration::from_secs(60);

fn record() -> Record {
    Record::new(FactorySlo {
        cold_start: Duration::from_millis(800),
        first_time_success: 0.9,
        window: 12 * MINUTE,
    })
}

#[test]
fn the_objectives_of_the_scopes() {
    let (global, edge) = (
        FactorySlo::of(FactoryScope::Global),
        FactorySlo::of(FactoryScope::Edge),
    );
    assert_eq!(
        (global.cold_start.as_millis(), global.first_time_success),
        (800, 0.9995)
    );
    assert_eq!(
        (edge.cold_start.as_millis(), edge.first_time_success),
        (1_200, 0.997)
    );
}

#[test]
fn an_attempt_that_is_late_is_as_bad_as_one_that_failed() {
    let mut record = record();
    assert_eq!(record.sums(MINUTE).share(), None);
    for took in [10, 800] {
        record.add(MINUTE, Some(Duration::from_millis(took)));
    }
    record.add(MINUTE, Some(Duration::from_millis(801)));
    record.add(MINUTE, None);
    let sums = record.sums(MINUTE);
    assert_eq!((sums.attempts, sums.good, sums.slowest.as_millis()), (4, 2, 801));
    assert_eq!(sums.share(), Some(0.5));
}

#[test]
fn it_is_told_once_that_the_objective_is_broken_and_once_that_it_is_kept_again() {
    let mut record = record();
    for _ in 0..9 {
        record.add(MINUTE, Some(Duration::ZERO));
    }
    assert_eq!(record.look(MINUTE), None);
    assert_eq!(record.look_at(MINUTE), None);
    record.add(MINUTE, None);
    // Nine of ten is what was promised.
    assert_eq!(record.look(MINUTE), None);
    record.add(MINUTE, None);
    let Some(Turn::Broken(sums)) = record.look(MINUTE) else {
        panic!("not told");
    };
    assert_eq!((sums.attempts, sums.good), (11, 9));
    assert_eq!(record.look(MINUTE), None);
    // Time alone mends it, when the window has passed on.
    let mut now = MINUTE;
    let turn = loop {
        now = record.look_at(now).unwrap();
        if let Some(turn) = record.look(now) {
            break turn;
        }
    };
    assert!(matches!(turn, Turn::Kept(sums) if sums.attempts == 0));
    assert_eq!(now, 13 * MINUTE);
    assert_eq!(record.look_at(now), None);
}

#[test]
fn a_window_that_is_gone_leaves_nothing() {
    let mut record = record();
    record.add(MINUTE, None);
    for now in [2 * MINUTE, 12 * MINUTE] {
        assert_eq!(record.sums(now).attempts, 1, "{now:?}");
    }
    for now in [13 * MINUTE, 26 * MINUTE, 1_000 * MINUTE] {
        assert_eq!(record.sums(now).attempts, 0, "{now:?}");
    }
    record.add(25 * MINUTE, Some(Duration::ZERO));
    assert_eq!(record.sums(25 * MINUTE).attempts, 1);
}
