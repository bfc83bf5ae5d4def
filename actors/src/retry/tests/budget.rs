//! The budget by example.

use hedgerow_config::RetryBudget;

use super::*;
use crate::retry::{Budget, Spent};

const RULE: RetryBudget = RetryBudget { ratio: 0.2, min: 3 };

/// How many are paid for at once.
fn paid(budget: &mut Budget, now: Duration, answered: u64) -> usize {
    (0..100_000)
        .take_while(|_| budget.spend(now, answered) == Spent::Paid)
        .count()
}

#[test]
fn at_the_beginning_there_is_ten_times_the_least_and_then_the_least_in_each_ten_seconds() {
    let mut budget = Budget::new(RULE, Duration::ZERO, 0);
    assert_eq!(paid(&mut budget, Duration::ZERO, 0), 30);
    assert_eq!(paid(&mut budget, 10 * SECOND, 0), 3);
    assert_eq!(paid(&mut budget, 30 * SECOND, 0), 6);
    assert_eq!(paid(&mut budget, 1_000 * SECOND, 0), 30);
}

#[test]
fn each_answered_call_pays_a_share_of_a_retry() {
    let mut budget = Budget::new(RetryBudget { min: 0, ..RULE }, Duration::ZERO, 0);
    assert_eq!(paid(&mut budget, Duration::ZERO, 4), 0);
    assert_eq!(paid(&mut budget, Duration::ZERO, 50), 10);
    assert_eq!(paid(&mut budget, Duration::ZERO, 50), 0);
}

#[test]
fn a_quiet_hour_does_not_pay_for_a_storm() {
    let mut budget = Budget::new(RetryBudget { min: 0, ..RULE }, Duration::ZERO, 0);
    let rate = 100;
    let answered = rate * 3_600;
    // As much as ten seconds of it, at most.
    let at_once = paid(&mut budget, 3_600 * SECOND, answered);
    assert!((195..=200).contains(&at_once), "{at_once}");
    // What was not spent is as good as gone after a minute.
    let mut budget = Budget::new(RetryBudget { min: 0, ..RULE }, Duration::ZERO, 0);
    budget.look(Duration::ZERO, 1_000);
    assert_eq!(budget.left(Duration::ZERO, 1_000) as u64, 200);
    assert!(budget.left(60 * SECOND, 1_000) < 1.0);
    assert_eq!(paid(&mut budget, 60 * SECOND, 0), 0);
}

#[test]
fn what_is_charged_is_missing_and_what_is_refunded_is_there_again() {
    let mut budget = Budget::new(RetryBudget { ratio: 0.5, min: 1 }, Duration::ZERO, 0);
    for _ in 0..4 {
        budget.charge(Duration::ZERO, 3);
    }
    // 1.5 earned and 10 in reserve, less 4.
    assert_eq!(budget.left(Duration::ZERO, 3), 7.5);
    assert_eq!(paid(&mut budget, Duration::ZERO, 3), 7);
    budget.refund();
    assert_eq!(paid(&mut budget, Duration::ZERO, 3), 1);
    // Charged where there is nothing, it owes nothing.
    for _ in 0..100 {
        budget.charge(Duration::ZERO, 3);
    }
    assert_eq!(paid(&mut budget, Duration::ZERO, 5), 1);
}

#[test]
fn counts_and_times_that_go_back_earn_nothing_and_take_nothing() {
    let mut budget = Budget::new(RetryBudget { ratio: 1.0, min: 0 }, 9 * SECOND, 100);
    assert_eq!(budget.left(9 * SECOND, 110), 10.0);
    assert_eq!(paid(&mut budget, 9 * SECOND, 110), 10);
    assert_eq!(budget.spend(3 * SECOND, 90), Spent::Nothing);
    assert_eq!(budget.spend(9 * SECOND, 110), Spent::Nothing);
    assert_eq!(budget.spend(9 * SECOND, 111), Spent::Paid);
}

#[test]
fn a_budget_of_nothing_pays_for_nothing() {
    let mut budget = Budget::new(RetryBudget { ratio: 0.0, min: 0 }, Duration::ZERO, 0);
    assert_eq!(paid(&mut budget, 100 * SECOND, 1_000_000), 0);
}
