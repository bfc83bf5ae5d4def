//! A ring held against a plain list.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::ring::{Left, Ring, Weight};
use super::{AttributeValue, Drained, Sampling, Spans};
use crate::clock::Clock;
use crate::context::Trace;

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
        let ring: Ring<Vec<usize>> = Ring::new(most);
        let (mut waiting, mut recorded, mut dropped) = (Vec::new(), 0, 0);
        for (number, step) in steps.into_iter().enumerate() {
            match step {
                Step::Leave(weight) => {
                    let room = if weight == Weight::Full { most } else { most.div_ceil(2) };
                    let left = ring.leave(weight, |batch| batch.push(number));
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
                    ring.take(|batch| taken.extend(batch));
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
    let ring: Ring<Vec<u64>> = Ring::new(usize::try_from(ALL).unwrap());
    let mut taken = Vec::new();
    // What was emptied is filled again by the other thread.
    let mut take = || {
        ring.take(|mut batch| {
            taken.append(&mut batch);
            ring.spares().put(batch);
        });
    };
    std::thread::scope(|scope| {
        let leaving = scope.spawn(|| {
            (0..ALL).for_each(|number| {
                let left = ring.leave(Weight::Full, |batch| batch.push(number));
                assert_ne!(left, Left::Dropped);
            });
        });
        while !leaving.is_finished() {
            take();
        }
    });
    take();
    taken.sort_unstable();
    assert!(taken.into_iter().eq(0..ALL));
    assert_eq!((ring.recorded(), ring.dropped()), (ALL, 0));
}

#[test]
fn spans_of_threads_that_are_drained_meanwhile_are_whole_and_each_is_told_once() {
    const ALL: u64 = 5_000;
    const THREADS: u64 = 3;
    let spans = Spans::new(
        Clock::start(),
        Sampling::share(1.0).most_per_thread(usize::try_from(ALL).unwrap()),
    );
    let record = |number: u64| {
        let id = (number + 1).to_be_bytes();
        let trace = Trace::new([1; 16], id, Trace::SAMPLED).unwrap();
        let text = number.to_string();
        let mut span = spans.root(trace, Some(id), "span");
        span.rename(&["number ", &text]);
        // As many as the number says, so that what one leaves does not fit the next.
        for key in ["a", "b", "c", "d"]
            .into_iter()
            .take(usize::try_from(number % 5).unwrap())
        {
            span.set(key, text.as_str());
        }
        span.set("number", number);
    };
    let mut told = vec![0_u8; usize::try_from(ALL * THREADS).unwrap()];
    let mut look = |drained: Drained| {
        assert_eq!(drained.dropped, 0);
        for span in drained.spans {
            let Some(AttributeValue::Integer(number)) = span.attribute("number") else {
                panic!("{span:?}");
            };
            let text = number.to_string();
            assert_eq!(span.name(), format!("number {text}"));
            let id = (number + 1).to_be_bytes();
            assert_eq!((span.trace().span_id(), span.parent()), (id, Some(id)));
            let texts: Vec<_> = span
                .attributes()
                .filter_map(|(_, value)| value.text().map(str::to_owned))
                .collect();
            assert_eq!(texts, vec![text; usize::try_from(number % 5).unwrap()]);
            told[usize::try_from(number).unwrap()] += 1;
        }
    };
    std::thread::scope(|scope| {
        let recording: Vec<_> = (0..THREADS)
            .map(|thread| scope.spawn(move || (0..ALL).for_each(|number| record(number * THREADS + thread))))
            .collect();
        while !recording.iter().all(std::thread::ScopedJoinHandle::is_finished) {
            look(spans.drain());
        }
    });
    look(spans.drain());
    assert!(told.iter().all(|count| *count == 1));
    assert_eq!(spans.recorded(), ALL * THREADS);
}
