//! The budget against a simple model: every answered call is a coin of its own that loses its value by its age.

use hedgerow_config::RetryBudget;
use proptest::prelude::*;

use super::*;
use crate::retry::{Budget, Spent};

#[derive(Debug, Clone)]
enum Step {
    /// So many milliseconds pass.
    Pass(u64),
    /// So many calls are answered, at once.
    Answer(u64),
    /// Somebody wants a retry.
    Want,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (0_u64..5_000).prop_map(Step::Pass),
        (0_u64..50).prop_map(Step::Answer),
        Just(Step::Want),
        Just(Step::Want),
    ];
    prop::collection::vec(step, 0..200)
}

/// Coins with the time when each was earned. It takes the oldest ones, which are worth least.
struct Model {
    coins: Vec<(f64, Duration)>,
    reserve: f64,
    rule: RetryBudget,
}

impl Model {
    fn worth(&self, now: Duration) -> f64 {
        let worth = |(coin, earned): &(f64, Duration)| {
            coin * (-(now.saturating_sub(*earned).as_secs_f64()) / 10.0).exp()
        };
        self.coins.iter().map(worth).sum()
    }

    fn pass(&mut self, time: Duration) {
        let min = f64::from(self.rule.min);
        self.reserve = (self.reserve + min * time.as_secs_f64() / 10.0).min(min * 10.0);
    }

    fn spend(&mut self, now: Duration) -> bool {
        if self.worth(now) >= 1.0 {
            // All of them by the same part.
            let part = 1.0 - 1.0 / self.worth(now);
            for (coin, _) in &mut self.coins {
                *coin *= part;
            }
            true
        } else if self.reserve >= 1.0 {
            self.reserve -= 1.0;
            true
        } else {
            false
        }
    }
}

proptest! {
    /// Looked at with each answer, it says what the model says.
    #[test]
    fn it_pays_where_the_model_pays(steps in steps(), ratio in 0.0..1.0, min in 0_u32..5) {
        let rule = RetryBudget { ratio, min };
        let mut model = Model { coins: Vec::new(), reserve: f64::from(min) * 10.0, rule };
        let mut budget = Budget::new(rule, Duration::ZERO, 0);
        let (mut now, mut answered) = (Duration::ZERO, 0);
        for step in steps {
            match step {
                Step::Pass(ms) => {
                    now += MS * ms as u32;
                    model.pass(MS * ms as u32);
                    budget.look(now, answered);
                }
                Step::Answer(calls) => {
                    answered += calls;
                    model.coins.push((ratio * calls as f64, now));
                    budget.look(now, answered);
                }
                Step::Want => {
                    // Where the two differ by rounding alone, either answer is right.
                    let near = |worth: f64| (worth - 1.0).abs() < 1e-6;
                    if near(model.worth(now)) || near(model.reserve) {
                        return Ok(());
                    }
                    prop_assert_eq!(budget.spend(now, answered) == Spent::Paid, model.spend(now));
                }
            }
        }
    }

    /// However it is looked at, it never pays for more than was earned, and the least.
    #[test]
    fn it_never_pays_for_more_than_it_promises(steps in steps(), ratio in 0.0..1.0, min in 0_u32..5) {
        let mut budget = Budget::new(RetryBudget { ratio, min }, Duration::ZERO, 0);
        let (mut now, mut answered, mut paid) = (Duration::ZERO, 0, 0);
        for step in steps {
            match step {
                Step::Pass(ms) => now += MS * ms as u32,
                Step::Answer(calls) => answered += calls,
                Step::Want if budget.spend(now, answered) == Spent::Paid => paid += 1,
                Step::Want => {}
            }
        }
        let least = f64::from(min) * (10.0 + now.as_secs_f64() / 10.0);
        prop_assert!(f64::from(paid) <= ratio * answered as f64 + least + 1e-6);
    }
}
