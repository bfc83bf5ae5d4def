//! B5: what a row of callers sends to what is dead.

use hedgerow_config::{RetryBudget, RetryPolicy};

use super::*;
use crate::retry::{Budget, Spent};

/// Callers in a row, each of which retries three times; the last one calls what is dead.
struct Row {
    budgets: Vec<Budget>,
    retries: u32,
    /// Whether only the first of them retries.
    collapses: bool,
    sent: u64,
}

impl Row {
    fn of(levels: usize, collapses: bool) -> Self {
        let budget = Budget::new(RetryBudget::default(), Duration::ZERO, 0);
        Self {
            budgets: vec![budget; levels],
            retries: 3,
            collapses,
            sent: 0,
        }
    }

    /// A request from this caller on. Nothing is answered.
    fn ask(&mut self, level: usize, now: Duration) {
        if level == self.budgets.len() {
            self.sent += 1;
            return;
        }
        self.ask(level + 1, now);
        let may = level == 0 || !self.collapses;
        for _ in 0..self.retries {
            if !may || self.budgets[level].spend(now, 0) == Spent::Nothing {
                return;
            }
            self.ask(level + 1, now);
        }
    }

    /// What is sent for each request that is wanted, in a minute of so many a second.
    fn amplification(mut self, rate: u32) -> f64 {
        for second in 0..60 {
            for at in 0..rate {
                self.ask(0, SECOND * second + SECOND * at / rate);
            }
        }
        self.sent as f64 / f64::from(60 * rate)
    }
}

#[test]
fn b5_a_minute_of_nothing_but_failures_is_amplified_by_no_more_than_a_tenth() {
    for rate in [10, 100, 1_000] {
        let amplified = Row::of(1, true).amplification(rate);
        assert!(amplified <= 1.1, "{rate} a second: {amplified}");
    }
}

#[test]
fn b5_three_callers_in_a_row_amplify_by_no_more_than_a_fifth() {
    for rate in [10, 100, 1_000] {
        let collapsed = Row::of(3, true).amplification(rate);
        assert!(collapsed <= 1.1, "{rate} a second: {collapsed}");
    }
    // Where their marks are lost on the way, the budgets alone hold it.
    for rate in [100, 1_000] {
        let apart = Row::of(3, false).amplification(rate);
        assert!(apart <= 1.2, "{rate} a second: {apart}");
    }
}

#[test]
fn b5_without_a_budget_three_callers_would_send_64_times_as_much() {
    let mut row = Row::of(3, false);
    for budget in &mut row.budgets {
        *budget = Budget::new(
            RetryBudget {
                ratio: 1.0,
                min: u32::MAX,
            },
            Duration::ZERO,
            0,
        );
    }
    row.ask(0, Duration::ZERO);
    assert_eq!(row.sent, 64);
    assert_eq!(RetryPolicy::default().max_retries, 1);
}

#[test]
fn what_fails_seldom_is_always_retried() {
    let mut budget = Budget::new(RetryBudget::default(), Duration::ZERO, 0);
    for answered in 0_u64..100_000 {
        let now = Duration::from_secs(answered / 100);
        // Every tenth fails at first, and succeeds with its retry.
        if answered % 10 == 0 {
            assert_eq!(budget.spend(now, answered), Spent::Paid, "call {answered}");
        }
    }
}

#[test]
fn what_fails_half_of_the_time_gets_a_fifth_more() {
    let mut budget = Budget::new(
        RetryBudget {
            min: 0,
            ..RetryBudget::default()
        },
        Duration::ZERO,
        0,
    );
    let (mut answered, mut retries) = (0_u64, 0_u32);
    for call in 0_u32..10_000 {
        let now = SECOND * (call / 100);
        if call % 2 == 0 {
            if budget.spend(now, answered) == Spent::Nothing {
                continue;
            }
            retries += 1;
        }
        answered += 1;
    }
    let share = f64::from(retries) / answered as f64;
    assert!((0.15..=0.2).contains(&share), "{share}");
}
