//! Random crashes and successes, against a model that keeps them all and counts again at every question.

use std::time::Duration;

use proptest::prelude::{Strategy, prop_assert_eq, prop_oneof, proptest};

use super::super::{Mark, Poison, Quarantine};
use super::mark;

const RULE: Quarantine = Quarantine {
    crashes: 3,
    within: Duration::from_secs(10),
    max: 64,
};

#[derive(Debug, Clone, Copy, PartialEq)]
enum What {
    Crash,
    Success,
    Release,
}

/// Everything that ever happened, in order.
#[derive(Default)]
struct Model {
    history: Vec<(Duration, Mark, What)>,
}

/// What is known of one mark after a part of the history.
struct Known {
    /// Crashes that still count, whenever they were.
    crashes: Vec<Duration>,
    /// The last success that cleared crashes.
    cleared: Option<Duration>,
    quarantined: bool,
}

impl Model {
    /// Goes through the whole history of `mark` by the sentences of the documentation.
    fn known(&self, mark: Mark) -> Known {
        let near = |at: Duration, now: Duration| now - at <= RULE.within;
        let mut known = Known {
            crashes: Vec::new(),
            cleared: None,
            quarantined: false,
        };
        for (now, _, what) in self.history.iter().filter(|(_, at, _)| *at == mark) {
            let counting = known.crashes.iter().filter(|at| near(**at, *now)).count();
            let exempt = known.cleared.is_some_and(|at| near(at, *now));
            match what {
                What::Crash if known.quarantined || exempt => {}
                What::Crash => {
                    known.crashes.push(*now);
                    known.quarantined = counting + 1 >= RULE.crashes as usize;
                }
                What::Success if known.quarantined || counting == 0 => {}
                What::Success => {
                    known.crashes.clear();
                    known.cleared = Some(*now);
                }
                What::Release if known.quarantined => {
                    known = Known {
                        crashes: Vec::new(),
                        cleared: None,
                        quarantined: false,
                    };
                }
                What::Release => {}
            }
        }
        known
    }

    fn watches(&self, marks: &[Mark], now: Duration) -> bool {
        marks.iter().any(|mark| {
            let known = self.known(*mark);
            known.quarantined || known.crashes.iter().any(|at| now - *at <= RULE.within)
        })
    }
}

fn step() -> impl Strategy<Value = (usize, What, u64)> {
    let what = prop_oneof![
        6 => proptest::strategy::Just(What::Crash),
        2 => proptest::strategy::Just(What::Success),
        1 => proptest::strategy::Just(What::Release),
    ];
    (0..3_usize, what, 0..6_u64)
}

proptest! {
    #[test]
    fn a_message_is_refused_exactly_where_the_whole_history_says_so(
        steps in proptest::collection::vec(step(), 0..80),
    ) {
        let marks = [mark("A", None), mark("A", Some(1)), mark("B", None)];
        let mut poison = Poison::new(RULE);
        let mut model = Model::default();
        let mut now = Duration::ZERO;
        for (at, what, after) in steps {
            now += Duration::from_secs(after);
            let mark = marks[at];
            let before = model.known(mark).quarantined;
            model.history.push((now, mark, what));
            let quarantined = model.known(mark).quarantined;
            match what {
                What::Crash => {
                    let verdict = poison.crashed(mark, now);
                    prop_assert_eq!(verdict.is_some(), quarantined && !before);
                }
                What::Success => poison.succeeded(&mark, now),
                What::Release => prop_assert_eq!(poison.release(&mark).is_some(), before),
            }
            for mark in marks {
                prop_assert_eq!(poison.refuses(&mark), model.known(mark).quarantined);
            }
            if what != What::Release {
                prop_assert_eq!(poison.is_watching(), model.watches(&marks, now));
            }
        }
    }
}
