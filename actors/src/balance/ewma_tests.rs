use super::ewma::Ewma;

const MS: u64 = 1_000_000;
const SECOND: u64 = 1_000 * MS;

/// One that has answered once within a millisecond.
fn swift() -> Ewma {
    Ewma::default().answered(MS, SECOND)
}

#[test]
fn nothing_is_expected_of_who_has_not_answered_yet() {
    assert_eq!(Ewma::default().expected(SECOND, SECOND), 0.0);
    assert_eq!(Ewma::default().average(SECOND), None);
}

#[test]
fn a_slow_answer_counts_at_once_and_swift_ones_bring_it_down_in_time() {
    let slow = swift().answered(100 * MS, 2 * SECOND);
    assert_eq!(slow.average(2 * SECOND), Some(100e6));
    let mut calls = slow;
    for call in 1..=100 {
        calls = calls.answered(MS, 2 * SECOND + call * 100 * MS);
    }
    let after = calls.average(12 * SECOND).unwrap_or_default();
    // An e-th part of a hundred is left after ten seconds, and the rest is ones.
    let most = 100e6 * (-1.0_f64).exp() + 1e6;
    assert!((1e6..most * 1.01).contains(&after), "{after}");
}

#[test]
fn what_was_learned_fades_so_that_who_was_slow_is_tried_again() {
    let slow = Ewma::default().answered(100 * MS, SECOND);
    let swift = |now| Ewma::default().answered(MS, now).expected(0, now);
    assert!(slow.expected(0, 2 * SECOND) > swift(2 * SECOND));
    assert!(slow.expected(0, 61 * SECOND) < swift(61 * SECOND));
}

#[test]
fn silence_is_expected_to_go_on_up_to_what_a_failure_costs() {
    let now = SECOND + 20 * MS;
    assert!(swift().expected(0, now) < 1e6);
    assert_eq!(swift().expected(20 * MS, now), 20e6);
    assert_eq!(swift().expected(3_600 * SECOND, now), 1e9);
    let long = Ewma::default().answered(SECOND, SECOND);
    assert_eq!(long.expected(3_600 * SECOND, SECOND), 10e9);
}

#[test]
fn a_failure_costs_more_than_its_time_and_is_forgotten_after_some_successes() {
    let failed = swift().failed(MS / 100, SECOND + MS);
    assert!(failed.expected(0, SECOND + MS) > 100e6);
    // It says nothing about how long an answer takes.
    assert!(
        failed
            .average(SECOND + MS)
            .is_some_and(|average| average > 0.99e6)
    );
    let all_failing = (0..50).fold(swift(), |known, _| known.failed(MS, SECOND + MS));
    assert!(all_failing.expected(0, SECOND + MS) > 0.99e9);
    let well = (0..40).fold(all_failing, |known, _| known.answered(MS, SECOND + 2 * MS));
    assert!(well.expected(0, SECOND + 2 * MS) < 10e6);
    // One in a hundred makes little difference, whenever it comes.
    let mut rare = swift();
    for call in 1..=1_000 {
        let now = SECOND + call * MS;
        rare = if call % 100 == 0 {
            rare.failed(MS, now)
        } else {
            rare.answered(MS, now)
        };
    }
    assert!(rare.expected(0, 2 * SECOND) < 600e6);
    let soon = (0..30).fold(rare, |known, _| known.answered(MS, 2 * SECOND));
    assert!(soon.expected(0, 2 * SECOND) < 20e6);
}

#[test]
fn one_failure_outweighs_a_queue_at_the_others_for_seconds_and_is_forgotten_within_a_minute() {
    let failed = swift().failed(MS, SECOND);
    let after = |seconds| failed.expected(0, SECOND + seconds * SECOND);
    // Thirty calls behind a stall of ten milliseconds.
    let queue = 30.0 * 10e6;
    assert!(after(2) > queue, "{}", after(2));
    assert!(after(60) < 1e6, "{}", after(60));
}

#[test]
fn who_let_a_call_wait_in_vain_is_as_slow_as_that_and_no_slower_than_who_fails() {
    let vain = Ewma::default().unanswered(300 * MS, SECOND);
    assert_eq!(vain.expected(0, SECOND), 300e6);
    let long = swift().unanswered(3_600 * SECOND, 2 * SECOND);
    assert_eq!(long.expected(0, 2 * SECOND), 1e9);
}

#[test]
fn time_that_stands_still_or_goes_back_changes_nothing() {
    let known = swift().answered(2 * MS, SECOND);
    assert_eq!(known.answered(MS, SECOND / 2).nanos, known.nanos);
    assert_eq!(known.expected(0, 0), known.expected(0, SECOND));
}
