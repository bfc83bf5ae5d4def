//! What follows a failure.

use hedgerow_config::{HedgeAfter, HedgePolicy, RetryBackoff, RetryBudget, RetryCause, RetryPolicy};
use hedgerow_supervisor::Clock;

use super::*;
use crate::retry::tries::LONGEST_ASKED;
use crate::retry::{Cause, Elsewhere, Failed, Pushback, Repeatable, Retries, Standing, Stop, Written};

fn policy() -> RetryPolicy {
    RetryPolicy {
        max_retries: 2,
        ..RetryPolicy::default()
    }
}

fn retries(policy: RetryPolicy) -> Retries {
    Retries::seeded(policy, None, Clock::start(), 7)
}

const FAILED: Failed = Failed {
    cause: Cause::Listed(RetryCause::Status(503)),
    repeatable: Repeatable::Always,
    written: Written::Something,
    pushback: Pushback::Unsaid,
    elsewhere: Elsewhere::OnlyHere,
    left: SECOND,
    took: MS,
};

/// Whether a retry follows this failure of the first attempt.
fn again(policy: RetryPolicy, standing: Standing, failed: Failed) -> Result<Duration, Option<Stop>> {
    let retries = retries(policy);
    let paid = retries.tries(standing).again(&failed)?;
    Ok(paid.wait())
}

#[tokio::test(start_paused = true)]
async fn a_listed_outcome_of_a_request_that_may_be_repeated_is_followed_by_a_retry_and_no_other_is() {
    use RetryCause::{Connect, Reset, Status};
    let (nothing, something) = (Written::Nothing, Written::Something);
    let cases = [
        (Cause::Listed(Status(503)), Repeatable::Always, something, true),
        (Cause::Listed(Status(501)), Repeatable::Always, something, false),
        (Cause::Listed(Status(503)), Repeatable::Unsent, something, false),
        (Cause::Listed(Reset), Repeatable::Always, something, true),
        (Cause::Listed(Reset), Repeatable::Unsent, something, false),
        (Cause::Listed(Reset), Repeatable::Unsent, nothing, true),
        (Cause::Listed(Connect), Repeatable::Always, nothing, true),
        (Cause::Listed(Connect), Repeatable::Unsent, nothing, true),
        (Cause::PerTryTimeout, Repeatable::Always, something, true),
        (Cause::PerTryTimeout, Repeatable::Unsent, something, false),
        (Cause::Judged, Repeatable::Always, something, true),
    ];
    for (cause, repeatable, written, expected) in cases {
        let failed = Failed {
            cause,
            repeatable,
            written,
            ..FAILED
        };
        let retried = again(policy(), Standing::Outermost, failed);
        assert_eq!(retried.is_ok(), expected, "{failed:?}: {retried:?}");
        if !expected {
            assert_eq!(retried, Err(None), "nobody is told of what never would be");
        }
    }
    assert_eq!(again(RetryPolicy::off(), Standing::Outermost, FAILED), Err(None));
    let shut = Failed {
        elsewhere: Elsewhere::AllShut,
        ..FAILED
    };
    assert_eq!(again(policy(), Standing::Outermost, shut), Err(None));
}

#[tokio::test(start_paused = true)]
async fn who_says_no_is_counted() {
    let broke = RetryPolicy {
        budget: RetryBudget { ratio: 0.0, min: 0 },
        ..policy()
    };
    let late = Failed {
        left: MS,
        took: MS,
        ..FAILED
    };
    let forbidden = Failed {
        pushback: Pushback::Never,
        ..FAILED
    };
    let cases = [
        (policy(), Standing::Nested, FAILED, Stop::Nested),
        (policy(), Standing::Outermost, late, Stop::Deadline),
        (policy(), Standing::Outermost, forbidden, Stop::Pushback),
        (broke, Standing::Outermost, FAILED, Stop::Budget),
    ];
    for (policy, standing, failed, why) in cases {
        let retries = retries(policy);
        let refused = retries.tries(standing).again(&failed);
        assert_eq!(refused.err(), Some(Some(why)), "{failed:?}");
        let view = retries.view();
        let counted = [
            (view.stopped_nested, Stop::Nested),
            (view.stopped_by_deadline, Stop::Deadline),
            (view.stopped_by_pushback, Stop::Pushback),
            (view.stopped_by_budget, Stop::Budget),
            (view.stopped_by_attempts, Stop::Attempts),
        ];
        for (count, of) in counted {
            assert_eq!(count, u64::from(of == why), "{of:?}");
        }
        assert_eq!(view.retries, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_is_made_again_as_often_as_it_may_be_with_growing_waits() {
    let curve = RetryBackoff {
        initial: 20 * MS,
        max: 40 * MS,
    };
    let mut longest = [Duration::ZERO; 2];
    for seed in 0..500 {
        let policy = RetryPolicy {
            backoff: curve,
            ..policy()
        };
        let retries = Retries::seeded(policy, None, Clock::start(), seed);
        let mut tries = retries.tries(Standing::Outermost);
        for (longest, most) in longest.iter_mut().zip([20 * MS, 40 * MS]) {
            let paid = tries.again(&FAILED).unwrap();
            assert!(paid.wait() < most, "{:?}", paid.wait());
            *longest = paid.wait().max(*longest);
            paid.made();
        }
        assert_eq!(tries.number(), 3);
        assert_eq!(tries.again(&FAILED).err(), Some(Some(Stop::Attempts)));
        assert_eq!(
            (retries.view().retries, retries.view().stopped_by_attempts),
            (2, 1)
        );
    }
    assert!(longest[0] > 18 * MS && longest[1] > 36 * MS, "{longest:?}");
}

#[tokio::test(start_paused = true)]
async fn what_a_callee_asks_for_is_waited_for_unless_it_is_too_long_or_another_one_is_asked() {
    let asks = |pushback, elsewhere| {
        let failed = Failed {
            pushback,
            elsewhere,
            left: 60 * SECOND,
            ..FAILED
        };
        again(policy(), Standing::Outermost, failed)
    };
    assert_eq!(asks(Pushback::After(SECOND), Elsewhere::OnlyHere), Ok(SECOND));
    assert_eq!(
        asks(Pushback::After(LONGEST_ASKED), Elsewhere::OnlyHere),
        Ok(LONGEST_ASKED)
    );
    let longer = Pushback::After(LONGEST_ASKED + MS);
    assert_eq!(asks(longer, Elsewhere::OnlyHere), Err(Some(Stop::Pushback)));
    for pushback in [Pushback::After(SECOND), longer] {
        let wait = asks(pushback, Elsewhere::Open).unwrap();
        assert!(wait < 25 * MS, "{wait:?}");
    }
    assert_eq!(asks(Pushback::Never, Elsewhere::Open), Err(Some(Stop::Pushback)));
}

#[tokio::test(start_paused = true)]
async fn no_attempt_begins_that_cannot_end_in_time() {
    let asked = Failed {
        pushback: Pushback::After(SECOND),
        ..FAILED
    };
    let refused = Err(Some(Stop::Deadline));
    assert_eq!(
        again(
            policy(),
            Standing::Outermost,
            Failed {
                left: SECOND,
                ..asked
            }
        ),
        refused
    );
    // The wait fits, and an answer would take 10 ms more.
    let slow = Failed {
        took: 10 * MS,
        ..asked
    };
    assert_eq!(
        again(
            policy(),
            Standing::Outermost,
            Failed {
                left: SECOND + 9 * MS,
                ..slow
            }
        ),
        refused
    );
    let fits = Failed {
        left: SECOND + 11 * MS,
        ..slow
    };
    assert_eq!(again(policy(), Standing::Outermost, fits), Ok(SECOND));
    // How long a time-out took says nothing of how long an answer would take.
    let silent = Failed {
        cause: Cause::PerTryTimeout,
        took: SECOND,
        left: 500 * MS,
        ..FAILED
    };
    assert!(again(policy(), Standing::Outermost, silent).is_ok());
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_is_paid_for_and_not_made_is_given_back() {
    let once = RetryPolicy {
        budget: RetryBudget { ratio: 1.0, min: 0 },
        ..policy()
    };
    let retries = retries(once);
    retries.tries(Standing::Outermost).answered(|| MS);
    drop(retries.tries(Standing::Outermost).again(&FAILED));
    assert_eq!((retries.view().budget, retries.view().retries), (1, 0));
    let mut tries = retries.tries(Standing::Outermost);
    tries.again(&FAILED).unwrap().made();
    assert_eq!((retries.view().budget, retries.view().retries), (0, 1));
    assert_eq!(tries.again(&FAILED).err(), Some(Some(Stop::Budget)));
    // One that died while it was idle is sent again in any case.
    retries.tries(Standing::Outermost).answered(|| MS);
    retries.resent();
    assert_eq!((retries.view().budget, retries.view().resent), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_hedge_is_paid_out_of_the_same_budget() {
    let hedge = HedgePolicy {
        max: 2,
        ..HedgePolicy::after(HedgeAfter::Time(5 * MS))
    };
    let lean = RetryPolicy {
        budget: RetryBudget { ratio: 1.0, min: 0 },
        ..RetryPolicy::off()
    };
    let retries = Retries::seeded(lean, Some(hedge), Clock::start(), 7);
    let mut tries = retries.tries(Standing::Outermost);
    assert_eq!(tries.hedge_after(Repeatable::Always), Some(5 * MS));
    assert_eq!(tries.hedge_after(Repeatable::Unsent), None);
    assert_eq!(
        retries.tries(Standing::Nested).hedge_after(Repeatable::Always),
        None
    );
    assert_eq!(tries.hedge().err(), Some(Stop::Budget));
    for _ in 0..3 {
        tries.answered(|| MS);
    }
    for _ in 0..2 {
        assert!(tries.hedge_after(Repeatable::Always).is_some());
        tries.hedge().unwrap().made();
    }
    assert_eq!(
        tries.hedge_after(Repeatable::Always),
        None,
        "there were as many as there may be"
    );
    tries.hedge_won();
    let view = retries.view();
    assert_eq!(
        (view.hedges, view.hedges_won, view.budget, view.stopped_by_budget),
        (2, 1, 1, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn a_hedge_by_percentile_waits_until_enough_is_known() {
    let hedge = HedgePolicy::after(HedgeAfter::Percentile(95));
    let retries = Retries::seeded(policy(), Some(hedge), Clock::start(), 7);
    let tries = retries.tries(Standing::Outermost);
    assert_eq!(tries.hedge_after(Repeatable::Always), None);
    for _ in 0..100 {
        tries.answered(|| 10 * MS);
    }
    let after = tries.hedge_after(Repeatable::Always).unwrap();
    assert!(after >= 10 * MS && after <= 13 * MS, "{after:?}");
}
