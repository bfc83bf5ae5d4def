use std::time::Duration;

use super::{Finding, LIMIT, Sample, Watch};

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

const fn busy(step: u64) -> Sample {
    Sample { step, busy: true }
}

const fn idle(step: u64) -> Sample {
    Sample { step, busy: false }
}

/// One thread, with each sample at its time in milliseconds; every finding with the time it was made at.
fn found(looks: impl IntoIterator<Item = (u64, Sample)>) -> Vec<(u64, Finding)> {
    let mut watch = Watch::new(1, LIMIT);
    let mut all = Vec::new();
    for (at, sample) in looks {
        all.extend(
            watch
                .look(&[sample], ms(at))
                .into_iter()
                .map(|finding| (at, finding)),
        );
    }
    all
}

fn blocked(for_: u64) -> Finding {
    Finding::Blocked {
        thread: 0,
        for_: ms(for_),
    }
}

fn freed(after: u64) -> Finding {
    Finding::Freed {
        thread: 0,
        after: ms(after),
    }
}

#[test]
fn a_step_that_lasts_for_the_limit_is_found_once_and_once_more_when_it_is_over() {
    let held = (0..=20).map(|look| (look * 100, busy(1)));
    let looks = held.chain([(2_100, busy(3)), (2_200, busy(3))]);
    assert_eq!(found(looks), [(500, blocked(500)), (2_100, freed(2_100))]);
}

#[test]
fn a_thread_that_goes_idle_is_freed() {
    let held = (0..=6).map(|look| (look * 100, busy(1)));
    let looks = held.chain([(700, idle(2)), (800, idle(2))]);
    assert_eq!(found(looks), [(500, blocked(500)), (700, freed(700))]);
}

#[test]
fn a_thread_that_is_idle_for_long_is_not_blocked() {
    assert_eq!(found((0..50).map(|look| (look * 100, idle(4)))), []);
}

#[test]
fn a_thread_that_moves_from_message_to_message_is_not_blocked() {
    assert_eq!(
        found((0..50).map(|look| (look * 100, busy(look / 4 * 2 + 1)))),
        []
    );
}

#[test]
fn a_second_step_that_lasts_is_found_as_well() {
    let looks = (0..=5).map(|look| (look * 100, busy(1)));
    let looks = looks.chain((6..=11).map(|look| (look * 100, busy(3))));
    let expected = [(500, blocked(500)), (600, freed(600)), (1_100, blocked(500))];
    assert_eq!(found(looks), expected);
}

#[test]
fn a_process_that_was_stopped_and_continued_raises_no_alarm() {
    assert_eq!(
        found([(0, busy(1)), (100, busy(1)), (60_000, busy(1)), (60_100, busy(3))]),
        []
    );
    assert_eq!(
        found([
            (0, busy(1)),
            (60_000, busy(1)),
            (120_000, busy(1)),
            (120_100, busy(3))
        ]),
        []
    );
}

#[test]
fn a_watchdog_that_hardly_runs_still_finds_what_stays_blocked() {
    let looks = (0..6).map(|look| (look * 1_000, busy(1)));
    assert_eq!(found(looks), [(5_000, blocked(500))]);
}

#[test]
fn two_looks_are_not_enough_whatever_the_limit() {
    let mut watch = Watch::new(1, ms(1));
    assert_eq!(watch.look(&[busy(1)], ms(0)), []);
    assert_eq!(watch.look(&[busy(1)], ms(300)), []);
    assert_eq!(watch.look(&[busy(1)], ms(400)), [blocked(400)]);
}

#[test]
fn threads_are_told_apart_and_what_blocks_one_is_measured_on() {
    let mut watch = Watch::new(2, LIMIT);
    for look in 0..=4 {
        assert_eq!(watch.look(&[busy(look * 2 + 1), busy(1)], ms(look * 100)), []);
    }
    assert_eq!((watch.held(0), watch.held(1)), (None, None));
    let found = watch.look(&[busy(11), busy(1)], ms(500));
    assert_eq!(
        found,
        [Finding::Blocked {
            thread: 1,
            for_: ms(500)
        }]
    );
    assert_eq!(watch.look(&[busy(13), busy(1)], ms(600)), []);
    assert_eq!(
        (watch.held(0), watch.held(1), watch.held(2)),
        (None, Some(ms(600)), None)
    );
}
