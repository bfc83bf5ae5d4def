//! A fresh filter is published while requests are under way, and what contexts keep.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use http::StatusCode;

use super::super::{Arrival, Attributes, Cx, End, Flow, Node, NodeSpec, Reply, RequestHead, node_fn, spec};
use super::{Touchy, arrive, bare, counts, publish};
use crate::revision::Revisions;

/// Knows which make of it this is, and how many requests are in it.
struct Made {
    number: u64,
    within: Arc<AtomicU64>,
}

impl Node for Made {
    type State = Option<u64>;

    fn on_request(&self, _: &mut dyn RequestHead, entered: &mut Option<u64>, _: &mut Cx) -> Flow {
        assert_eq!(entered.replace(self.number), None);
        self.within.fetch_add(1, Ordering::SeqCst);
        Flow::Next
    }

    fn on_end(&self, end: End, entered: &mut Option<u64>, _: &Attributes) {
        assert_eq!(
            (end, *entered),
            (End::Ok, Some(self.number)),
            "it ends where it was entered"
        );
        self.within.fetch_sub(1, Ordering::SeqCst);
    }
}

fn through(chain: &super::ChainHandle) -> super::super::Passage {
    match arrive(chain, "/") {
        Ok(Arrival::Through(passage)) => passage,
        other => panic!("{other:?}"),
    }
}

fn complete(passage: super::super::Passage) {
    passage
        .answer(&mut Reply::new(StatusCode::OK))
        .unwrap()
        .complete();
}

#[test]
fn a_request_ends_in_the_filter_that_it_entered_and_the_next_one_meets_the_fresh_one() {
    let within = Arc::new(AtomicU64::new(0));
    let made = |number| {
        Arc::new(Made {
            number,
            within: within.clone(),
        })
    };
    let old = made(1);
    let kept: Weak<Made> = Arc::downgrade(&old);
    let chain = bare(vec![old]);
    let (waits, under_way) = (through(&chain), through(&chain));
    complete(waits);
    publish(&chain, 0, made(2));
    let next = through(&chain);
    assert!(kept.upgrade().is_some());
    complete(under_way);
    complete(next);
    assert_eq!(within.load(Ordering::SeqCst), 0);
    complete(through(&chain));
    complete(through(&chain));
    assert!(kept.upgrade().is_none(), "nobody holds the old one any more");
    let panics = counts(&chain, 0).panics;
    assert_eq!(panics, 0, "no assertion of a node has failed");
}

#[test]
fn requests_on_every_thread_are_whole_while_fresh_filters_are_published_all_the_time() {
    const EACH: u64 = 5_000;
    let within = Arc::new(AtomicU64::new(0));
    let made = |number| {
        Arc::new(Made {
            number,
            within: within.clone(),
        })
    };
    let chain = bare(vec![made(0), made(0), made(0)]);
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let callers: Vec<_> = (0..3)
            .map(|_| scope.spawn(|| (0..EACH).for_each(|_| complete(through(&chain)))))
            .collect();
        scope.spawn(|| {
            let mut number = 0;
            while !over.load(Ordering::SeqCst) {
                number += 1;
                (0..3).for_each(|node| publish(&chain, node, made(number)));
            }
        });
        for caller in callers {
            caller.join().unwrap();
        }
        over.store(true, Ordering::SeqCst);
    });
    let counts = [0, 1, 2].map(|node| counts(&chain, node));
    assert!(
        counts
            .iter()
            .all(|counts| (counts.calls, counts.panics) == (3 * EACH, 0)),
        "{counts:?}"
    );
    assert_eq!((within.load(Ordering::SeqCst), chain.contexts().in_use()), (0, 0));
}

#[test]
fn a_context_that_has_grown_too_large_is_not_used_again() {
    let wordy = node_fn(|head, cx| {
        if head.path() == "/large" {
            cx.attributes().set("essay", "x".repeat(100_000));
        }
        Flow::Next
    });
    let chain = bare(vec![Arc::new(wordy)]);
    drop(arrive(&chain, "/small"));
    assert_eq!(chain.contexts().oversize, 0);
    drop(arrive(&chain, "/large"));
    assert_eq!(chain.contexts().oversize, 1);
}

#[test]
fn an_edit_of_one_chain_numbers_all_of_them_and_changes_no_plan_of_another() {
    let revisions = Revisions::beginning_at(4);
    let nodes = |names: &[&str]| {
        names
            .iter()
            .map(|name| NodeSpec::new(*name, "test", || Touchy))
            .collect()
    };
    let (_one, edge) = spec("edge", &revisions, nodes(&["a"]));
    let (_other, side) = spec("side", &revisions, nodes(&["b", "c"]));
    assert_eq!((edge.revision(), side.revision()), (4, 4));
    let before = side.slot().lineup();
    edge.slot().reorder(5, Vec::new());
    assert_eq!((edge.revision(), side.revision()), (5, 5));
    assert!(Arc::ptr_eq(&before, &side.slot().lineup()));
    assert!(edge.slot().lineup().nodes.is_empty());
}
