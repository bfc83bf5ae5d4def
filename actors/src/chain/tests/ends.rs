//! Every node that a request enters is ended exactly once, in reverse, with the right end; held against a slow model.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use http::StatusCode;
use proptest::prelude::*;

use super::super::step::Filter;
use super::super::{Arrival, ChainHandle, End, Reply, Turned};
use super::scripted::{Act, Done, Ending, Script, Scripted, Stage, Then, scripts};
use super::{Get, bare};

/// Nodes of a chain: scripts are not longer.
const NODES: usize = 8;

/// What the adapter does with a request.
#[derive(Debug, Clone, Copy)]
struct Adapter {
    /// It drops the cursor after so many polls that it is not ready at.
    patience: u32,
    /// What it does with a request that has passed all nodes.
    then: After,
    /// How the body of a reply ends.
    body: Body,
}

#[derive(Debug, Clone, Copy)]
enum After {
    Answer,
    Refuse,
    Fail,
    Drop,
}

#[derive(Debug, Clone, Copy)]
enum Body {
    Complete,
    BreakOff,
    Drop,
}

fn adapters() -> impl Strategy<Value = Adapter> {
    let then = prop_oneof![
        4 => Just(After::Answer),
        1 => Just(After::Refuse),
        1 => Just(After::Fail),
        1 => Just(After::Drop),
    ];
    let body = prop_oneof![Just(Body::Complete), Just(Body::BreakOff), Just(Body::Drop)];
    let patience = prop_oneof![2 => 0..4_u32, 3 => Just(u32::MAX)];
    (patience, then, body).prop_map(|(patience, then, body)| Adapter { patience, then, body })
}

/// How a request looks to its adapter.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Answered,
    Replied,
    Refused,
    Crashed,
    GivenUp,
}

/// What must come of it, by going through the script one node at a time.
fn model(scripts: &[Script], adapter: Adapter) -> (Outcome, Vec<Done>) {
    let mut entered = Vec::new();
    let mut done = Vec::new();
    let mut polls = 0;
    let mut bottom = None;
    let mut lost = false;
    'down: for (index, script) in scripts.iter().enumerate() {
        entered.push(index);
        let then = match script.request {
            Act::Next => Then::Next,
            Act::Reply => Then::Reply,
            Act::Refuse => Then::Refuse,
            Act::Panic => Then::Panic,
            Act::Wait(wait) => {
                for _ in 0..wait.pending {
                    if polls == adapter.patience {
                        (bottom, lost) = (Some(Outcome::GivenUp), true);
                        break 'down;
                    }
                    polls += 1;
                }
                match wait.ending {
                    Ending::Then(then) => then,
                    Ending::PanicInPoll | Ending::PanicInDrop => Then::Panic,
                }
            }
        };
        bottom = match then {
            Then::Next => continue,
            Then::Reply => Some(Outcome::Replied),
            Then::Refuse => Some(Outcome::Refused),
            Then::Panic => Some(Outcome::Crashed),
        };
        break;
    }
    // The nodes beyond the script let it pass.
    let outcome = bottom.unwrap_or_else(|| {
        entered.extend(scripts.len()..NODES);
        match adapter.then {
            After::Answer => Outcome::Answered,
            After::Refuse => Outcome::Refused,
            After::Fail | After::Drop => Outcome::GivenUp,
        }
    });
    let (outcome, end) = match outcome {
        Outcome::Answered | Outcome::Replied => {
            let seen = entered.len() - usize::from(outcome == Outcome::Replied);
            let mut crashed = false;
            for &index in entered[..seen].iter().rev() {
                done.push(Done::Replied(index));
                crashed = scripts.get(index).is_some_and(|script| script.panics_in_reply);
                if crashed {
                    break;
                }
            }
            match (crashed, adapter.body) {
                (true, _) => (Outcome::Crashed, End::Panicked),
                (false, Body::Complete) => (outcome, End::Ok),
                (false, Body::BreakOff) => (outcome, End::Failed),
                (false, Body::Drop) => (outcome, End::Cancelled),
            }
        }
        Outcome::Refused => (outcome, End::Refused),
        Outcome::Crashed => (outcome, End::Panicked),
        Outcome::GivenUp if !lost && matches!(adapter.then, After::Fail) => (outcome, End::Failed),
        Outcome::GivenUp => (outcome, End::Cancelled),
    };
    done.extend(entered.iter().rev().map(|&index| Done::Ended(index, end)));
    (outcome, done)
}

/// The same with the chain.
fn drive(chain: &ChainHandle, adapter: Adapter) -> Outcome {
    let mut cursor = chain.enter();
    let mut task = Context::from_waker(Waker::noop());
    let mut polls = 0;
    let arrived = loop {
        match cursor.poll_descend(&mut Get("/"), &mut task) {
            Poll::Ready(arrived) => break arrived,
            Poll::Pending if polls == adapter.patience => return Outcome::GivenUp,
            Poll::Pending => polls += 1,
        }
    };
    let (outcome, ending) = match arrived {
        Ok(Arrival::Replied(_, ending)) => (Outcome::Replied, ending),
        Ok(Arrival::Through(passage)) => match adapter.then {
            After::Answer => match passage.answer(&mut Reply::new(StatusCode::OK)) {
                Ok(ending) => (Outcome::Answered, ending),
                Err(turned) => return turned_as(&turned),
            },
            After::Refuse => {
                passage.refuse();
                return Outcome::Refused;
            }
            After::Fail => {
                passage.fail();
                return Outcome::GivenUp;
            }
            After::Drop => return Outcome::GivenUp,
        },
        Err(turned) => return turned_as(&turned),
    };
    match adapter.body {
        Body::Complete => ending.complete(),
        Body::BreakOff => ending.break_off(),
        Body::Drop => drop(ending),
    }
    outcome
}

fn turned_as(turned: &Turned) -> Outcome {
    match turned {
        Turned::Refused { .. } => Outcome::Refused,
        Turned::NodeCrashed(_) => Outcome::Crashed,
        other => panic!("{other:?}"),
    }
}

fn stage() -> (Arc<Stage>, ChainHandle) {
    let stage = Arc::new(Stage::default());
    let node = |index| -> Arc<dyn Filter> {
        Arc::new(Scripted {
            index,
            stage: stage.clone(),
        })
    };
    let chain = bare((0..NODES).map(node).collect());
    (stage, chain)
}

proptest! {
    /// Several requests one after the other, so that each meets what the ones before have left behind.
    #[test]
    fn each_entered_node_sees_exactly_one_end_in_reverse_whatever_happens(
        requests in prop::collection::vec((scripts(), adapters()), 1..6),
    ) {
        let (stage, chain) = stage();
        for (scripts, adapter) in requests {
            let (outcome, done) = model(&scripts, adapter);
            stage.scripts.lock().unwrap().clone_from(&scripts);
            prop_assert_eq!(drive(&chain, adapter), outcome);
            prop_assert_eq!(std::mem::take(&mut *stage.done.lock().unwrap()), done);
        }
        prop_assert_eq!(chain.contexts().in_use(), 0);
    }
}

#[test]
fn contexts_are_used_again_until_somebody_crashes_in_one() {
    let (_, chain) = stage();
    let adapter = Adapter {
        patience: 0,
        then: After::Answer,
        body: Body::Complete,
    };
    for _ in 0..10 {
        assert_eq!(drive(&chain, adapter), Outcome::Answered);
    }
    let counts = chain.contexts();
    assert_eq!((counts.made, counts.from_shelf, counts.spoilt), (1, 9, 0));
}
