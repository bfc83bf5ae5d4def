#![allow(clippy::unwrap_used)]

use std::time::Duration;

use super::{Mark, Poison, Quarantine};

#[path = "poison_random_tests.rs"]
mod random;

const A: Mark = mark("A", None);
const B: Mark = mark("B", None);

const fn mark(message: &'static str, fingerprint: Option<u64>) -> Mark {
    Mark { message, fingerprint }
}

const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn poison(max: usize) -> Poison<Mark> {
    Poison::new(Quarantine {
        max,
        ..Quarantine::default()
    })
}

/// Three crashes at once; the last must quarantine.
fn quarantine(poison: &mut Poison<Mark>, mark: Mark, now: Duration) -> super::Verdict<Mark> {
    assert_eq!(poison.crashed(mark, now), None);
    assert_eq!(poison.crashed(mark, now), None);
    poison.crashed(mark, now).unwrap()
}

#[test]
fn the_third_crash_within_the_window_quarantines_and_refusals_are_counted() {
    let mut poison = poison(64);
    assert!(!poison.is_watching());
    assert_eq!(poison.crashed(A, s(0)), None);
    assert!(poison.is_watching());
    assert_eq!(poison.crashed(A, s(30)), None);
    assert!(!poison.refuses(&A));
    let verdict = poison.crashed(A, s(60)).unwrap();
    assert_eq!((verdict.quarantined.mark, verdict.quarantined.crashes), (A, 3));
    assert_eq!((verdict.quarantined.since, verdict.released), (s(60), None));
    assert!(poison.refuses(&A) && poison.refuses(&A) && !poison.refuses(&B));
    assert_eq!(
        poison
            .list()
            .iter()
            .map(|entry| entry.refused)
            .collect::<Vec<_>>(),
        [2]
    );
}

#[test]
fn a_crash_before_the_window_does_not_count() {
    let mut poison = poison(64);
    assert_eq!(poison.crashed(A, s(0)), None);
    assert_eq!(poison.crashed(A, s(30)), None);
    assert_eq!(poison.crashed(A, s(61)), None);
    assert!(poison.crashed(A, s(90)).is_some());
}

#[test]
fn a_suspect_that_is_handled_is_exempt_until_the_window_has_passed() {
    let mut poison = poison(64);
    assert_eq!(poison.crashed(A, s(0)), None);
    assert_eq!(poison.crashed(A, s(1)), None);
    poison.succeeded(&A, s(2));
    assert!(!poison.is_watching());
    for at in 3..=62 {
        assert_eq!(poison.crashed(A, s(at)), None);
    }
    assert_eq!(poison.crashed(A, s(63)), None);
    assert_eq!(poison.crashed(A, s(64)), None);
    assert!(poison.crashed(A, s(65)).is_some());
}

#[test]
fn one_message_is_told_from_another_by_its_fingerprint() {
    let mut poison = poison(64);
    let (seven, eight) = (mark("A", Some(7)), mark("A", Some(8)));
    assert_eq!(poison.crashed(seven, s(0)), None);
    assert_eq!(poison.crashed(eight, s(0)), None);
    poison.succeeded(&eight, s(0));
    assert_eq!(poison.crashed(seven, s(0)), None);
    assert!(poison.crashed(seven, s(0)).is_some());
    assert!(poison.refuses(&seven) && !poison.refuses(&eight) && !poison.refuses(&A));
}

#[test]
fn watching_ends_with_the_first_message_after_the_last_suspect_is_out_of_the_window() {
    let mut poison = poison(64);
    assert_eq!(poison.crashed(A, s(0)), None);
    poison.succeeded(&B, s(60));
    assert!(poison.is_watching());
    poison.succeeded(&B, s(61));
    assert!(!poison.is_watching());
}

#[test]
fn a_crash_of_what_was_let_in_before_is_counted_and_no_second_verdict() {
    let mut poison = poison(64);
    quarantine(&mut poison, A, s(0));
    assert_eq!(poison.crashed(A, s(1)), None);
    assert_eq!(
        poison
            .list()
            .iter()
            .map(|entry| entry.crashes)
            .collect::<Vec<_>>(),
        [4]
    );
    poison.succeeded(&A, s(2));
    assert!(poison.refuses(&A));
}

#[test]
fn what_is_released_begins_with_no_crash_to_its_name() {
    let mut poison = poison(64);
    quarantine(&mut poison, A, s(0));
    quarantine(&mut poison, B, s(0));
    assert_eq!(poison.release(&A).map(|entry| entry.mark), Some(A));
    assert_eq!(poison.release(&A), None);
    assert!(!poison.refuses(&A) && poison.is_watching());
    quarantine(&mut poison, A, s(0));
    let quarantined: Vec<Mark> = poison.list().iter().map(|entry| entry.mark).collect();
    assert_eq!(quarantined, [B, A], "the longest first");
    assert!(poison.release(&B).is_some() && poison.release(&A).is_some());
    assert!(!poison.is_watching() && poison.list().is_empty());
}

#[test]
fn beyond_the_limit_the_first_one_quarantined_is_let_in_again_and_named() {
    let mut poison = poison(2);
    for (at, name) in ["A", "B"].into_iter().enumerate() {
        assert_eq!(
            quarantine(&mut poison, mark(name, None), s(at as u64)).released,
            None
        );
    }
    let released = quarantine(&mut poison, mark("C", None), s(2)).released;
    assert_eq!(released.map(|entry| entry.mark), Some(A));
    assert!(!poison.refuses(&A) && poison.refuses(&B) && poison.refuses(&mark("C", None)));
}

#[test]
fn beyond_the_limit_the_suspect_that_was_longest_quiet_is_forgotten() {
    let mut poison = poison(2);
    assert_eq!(poison.crashed(A, s(0)), None);
    assert_eq!(poison.crashed(B, s(1)), None);
    assert_eq!(poison.crashed(A, s(2)), None);
    // B was quiet for longest, and gives way to C.
    assert_eq!(poison.crashed(mark("C", None), s(3)), None);
    assert!(poison.crashed(A, s(4)).is_some());
    assert_eq!(poison.crashed(B, s(5)), None);
    assert_eq!(poison.crashed(B, s(5)), None);
    assert!(poison.crashed(B, s(5)).is_some());
}

#[test]
fn a_single_crash_and_room_for_one_are_the_least() {
    let mut poison = Poison::new(Quarantine {
        crashes: 1,
        max: 1,
        ..Quarantine::default()
    });
    assert_eq!(poison.crashed(A, s(0)).unwrap().quarantined.crashes, 1);
    assert!(poison.refuses(&A));
    let released = poison.crashed(B, s(0)).unwrap().released;
    assert_eq!(released.map(|entry| entry.mark), Some(A));
    assert_eq!(poison.list().len(), 1);
}

#[test]
fn ever_new_messages_that_crash_take_no_more_room() {
    let mut poison = poison(4);
    for fingerprint in 0..1_000 {
        let mark = mark("A", Some(fingerprint));
        assert_eq!(poison.crashed(mark, s(0)), None);
        assert!(poison.suspects.len() <= 4);
        if fingerprint % 2 == 0 {
            assert_eq!(poison.crashed(mark, s(0)), None);
            assert!(poison.crashed(mark, s(0)).is_some());
        }
        assert!(poison.list().len() <= 4);
    }
}

#[test]
fn what_was_quarantined_for_its_time_is_let_in_again_and_what_left_the_window_is_not_watched() {
    let (mut poison, lasts) = (poison(64), s(600));
    assert_eq!(poison.lapses_at(lasts), None);
    quarantine(&mut poison, A, s(0));
    assert_eq!(poison.crashed(B, s(100)), None);
    let just_after = |at: Duration| at + Duration::from_nanos(1);
    assert_eq!(poison.lapses_at(lasts), Some(just_after(s(160))));
    assert!(poison.lapse(s(160), lasts).is_empty());
    assert!(poison.watched().eq([&A, &B]));
    assert!(poison.lapse(just_after(s(160)), lasts).is_empty());
    assert!(poison.watched().eq([&A]));
    assert_eq!(poison.lapses_at(lasts), Some(s(600)));
    assert!(poison.lapse(s(600) - Duration::from_nanos(1), lasts).is_empty());
    let released: Vec<Mark> = poison
        .lapse(s(600), lasts)
        .iter()
        .map(|entry| entry.mark)
        .collect();
    assert_eq!(released, [A]);
    assert!(!poison.refuses(&A) && !poison.is_watching());
    assert_eq!(poison.lapses_at(lasts), None);
}

#[test]
fn what_is_quarantined_and_handled_all_the_same_is_let_in_and_exempt_until_the_window_has_passed() {
    let mut poison = poison(64);
    assert_eq!(poison.acquit(&A, s(0)), None);
    quarantine(&mut poison, A, s(0));
    assert_eq!(poison.acquit(&A, s(1)).map(|entry| entry.mark), Some(A));
    assert!(!poison.refuses(&A) && !poison.is_watching());
    for at in 2..=61 {
        assert_eq!(poison.crashed(A, s(at)), None);
    }
    quarantine(&mut poison, A, s(62));
}
