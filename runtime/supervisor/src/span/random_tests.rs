//! A ring held against a plain list.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::ring::{Left, Ring, Weight};

#[derive(Debug, Clone, Copy)]
enum Step {
    Leave(Weight),
    Take,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Leave(Weight::Full)),
        2 => Just(Step::Leave(Weight::Minor)),
        1 => Just(Step::Take),
    ]
}

proptest! {
    #[test]
    fn a_ring_loses_nothing_but_what_it_says_and_keeps_the_order(most in 1_usize..9, steps in prop::collection::vec(step(), 0..64)) {
        let ring = Ring::new(most);
        let (mut waiting, mut recorded, mut dropped) = (Vec::new(), 0, 0);
        for (number, step) in steps.into_iter().enumerate() {
            match step {
                Step::Leave(weight) => {
                    let room = if weight == Weight::Full { most } else { most.div_ceil(2) };
                    let left = ring.leave(number, weight);
                    if waiting.len() < room {
                        waiting.push(number);
                        recorded += 1;
                        let is_half = waiting.len() == most.div_ceil(2);
                        prop_assert_eq!(left, if is_half { Left::HalfFull } else { Left::WithRoom });
                    } else {
                        dropped += 1;
                        prop_assert_eq!(left, Left::Dropped);
                    }
                }
                Step::Take => {
                    let mut taken = Vec::new();
                    ring.take(|number| taken.push(number));
                    prop_assert_eq!(&taken, &waiting);
                    waiting.clear();
                    prop_assert!(ring.is_empty());
                }
            }
            prop_assert_eq!((ring.recorded(), ring.dropped()), (recorded, dropped));
        }
    }
}

#[test]
fn whoever_leaves_while_another_takes_waits_for_nobody_and_loses_nothing() {
    const ALL: u64 = 20_000;
    let ring = Ring::new(usize::try_from(ALL).unwrap());
    let mut taken = Vec::new();
    std::thread::scope(|scope| {
        let leaving = scope.spawn(|| {
            (0..ALL).for_each(|number| assert_ne!(ring.leave(number, Weight::Full), Left::Dropped))
        });
        while !leaving.is_finished() {
            ring.take(|number| taken.push(number));
        }
    });
    ring.take(|number| taken.push(number));
    taken.sort_unstable();
    assert!(taken.into_iter().eq(0..ALL));
    assert_eq!((ring.recorded(), ring.dropped()), (ALL, 0));
}
