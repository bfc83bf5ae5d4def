use std::time::Duration;

use super::super::{STANDSTILL, Verdict, of_deadline};

#[test]
fn a_deadline_that_was_noticed_far_too_late_says_nothing_about_the_callee() {
    let tick = Duration::from_nanos(1);
    assert_eq!(of_deadline(Duration::ZERO), Verdict::timeout());
    assert_eq!(of_deadline(STANDSTILL), Verdict::timeout());
    assert_eq!(of_deadline(STANDSTILL + tick), Verdict::ignored());
    assert_eq!(of_deadline(Duration::MAX), Verdict::ignored());
}
