//! Who gets the next lease.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use super::super::bound::{Bound, Entered, Joined};
use super::super::census::Census;
use super::super::turn::Turn;

#[derive(Default)]
struct Woken(AtomicU32);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

struct Waiting<'a> {
    turn: Turn<'a>,
    woken: Arc<Woken>,
}

impl<'a> Waiting<'a> {
    fn at(bound: &'a Bound) -> Self {
        let Joined::Waiting(turn) = bound.join(100_000) else {
            panic!("it does not wait")
        };
        let mut waiting = Self {
            turn,
            woken: Arc::default(),
        };
        assert_eq!(waiting.poll(), None);
        waiting
    }

    fn poll(&mut self) -> Option<bool> {
        let waker = Waker::from(Arc::clone(&self.woken));
        match Pin::new(&mut self.turn).poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(served) => Some(served),
            Poll::Pending => None,
        }
    }

    fn woken(&self) -> u32 {
        self.woken.0.load(Ordering::Relaxed)
    }
}

fn full(limit: u32, barging: u32) -> Arc<Bound> {
    let bound = Arc::new(Bound::new(limit, barging));
    (0..limit).for_each(|_| assert!(bound.enter().is_ok()));
    bound
}

fn census(bound: &Bound) -> (u32, u32) {
    let Census { out, waiting, .. } = bound.census();
    (out, waiting)
}

#[test]
fn those_who_wait_are_served_in_order_each_woken_once() {
    let bound = full(1, 0);
    let mut waiting: Vec<_> = (0..3).map(|_| Waiting::at(&bound)).collect();
    assert_eq!(census(&bound), (1, 3));
    for next in 0..3 {
        bound.leave();
        assert_eq!(waiting[next].poll(), Some(true));
        assert!(bound.enter().is_err(), "nobody goes past those who wait");
        let woken: Vec<_> = waiting.iter().map(Waiting::woken).collect();
        assert_eq!(woken, (0..3).map(|at| u32::from(at <= next)).collect::<Vec<_>>());
    }
    bound.leave();
    assert_eq!(census(&bound), (0, 0));
}

#[test]
fn the_queue_has_an_end_and_who_is_refused_is_told_how_many_there_are() {
    let bound = full(2, 0);
    let waiting = Waiting::at(&bound);
    let Joined::Refused(census) = bound.join(1) else {
        panic!("there is room for one");
    };
    assert_eq!(census.to_string(), "2 leased, 1 waiting");
    drop(waiting);
    assert!(matches!(bound.join(1), Joined::Waiting(_)));
    bound.leave();
    assert!(matches!(bound.join(0), Joined::In(Entered::Quietly)));
}

#[test]
fn b9_one_who_has_gone_is_passed_over_and_what_it_was_given_passes_on() {
    let bound = full(1, 0);
    let (gone, served) = (Waiting::at(&bound), Waiting::at(&bound));
    let mut last = Waiting::at(&bound);
    drop(gone);
    assert_eq!(census(&bound), (1, 2));
    bound.leave();
    assert_eq!(served.woken(), 1);
    // Served, and gone before it knew.
    drop(served);
    assert_eq!(last.poll(), Some(true));
    assert_eq!(census(&bound), (1, 0));
}

#[test]
fn b9_ten_thousand_that_go_away_in_any_order_cost_no_one_who_stays_its_turn() {
    let bound = full(1, 0);
    let mut crowd: Vec<_> = (0..10_000).map(|_| Waiting::at(&bound)).collect();
    let mut stays: Vec<_> = Vec::new();
    for at in (0..10_000).rev().step_by(100) {
        stays.push(crowd.remove(at));
    }
    crowd.truncate(9_000);
    while !crowd.is_empty() {
        drop(crowd.swap_remove(crowd.len() * 7 / 11));
    }
    stays.reverse();
    assert_eq!(census(&bound).1, 100);
    for stayed in &mut stays {
        assert_eq!(stayed.poll(), None);
        bound.leave();
        assert_eq!(stayed.poll(), Some(true));
    }
    bound.leave();
    assert_eq!(census(&bound), (0, 0));
}

#[test]
fn with_barging_so_many_go_past_and_then_it_is_handed_over() {
    let bound = full(1, 2);
    let mut waiting = Waiting::at(&bound);
    for past in 1..=2 {
        bound.leave();
        assert_eq!(waiting.woken(), past, "one is free, for who is quicker");
        assert!(bound.enter().is_ok(), "somebody else is");
        assert_eq!(waiting.poll(), None);
    }
    bound.leave();
    assert!(bound.enter().is_err(), "two have gone past");
    assert_eq!(waiting.poll(), Some(true));
    let mut next = Waiting::at(&bound);
    bound.leave();
    assert!(bound.enter().is_ok(), "the count begins anew with each head");
    bound.leave();
    assert_eq!(next.poll(), Some(true), "who is woken and quicker takes it");
    assert_eq!(census(&bound), (1, 0));
}

#[test]
fn with_barging_what_is_free_is_the_next_ones_where_the_first_goes_or_two_come_back_at_once() {
    let bound = full(2, 5);
    let (first, mut second) = (Waiting::at(&bound), Waiting::at(&bound));
    bound.leave();
    assert_eq!((first.woken(), second.woken()), (1, 0));
    drop(first);
    assert_eq!(second.woken(), 1);
    let mut third = Waiting::at(&bound);
    bound.leave();
    assert_eq!(second.poll(), Some(true));
    assert_eq!(third.woken(), 1, "there was one more");
    assert_eq!(third.poll(), Some(true));
    assert_eq!(census(&bound), (2, 0));
}

#[test]
fn closed_refuses_those_who_wait_and_those_who_come_and_keeps_count_of_what_is_out() {
    let bound = full(1, 0);
    let mut waiting = [Waiting::at(&bound), Waiting::at(&bound)];
    bound.close();
    assert_eq!(waiting.each_mut().map(Waiting::poll), [Some(false); 2]);
    assert!(matches!(bound.join(10), Joined::Refused(census) if census.is_closed));
    drop(waiting);
    assert_eq!(census(&bound), (1, 0));
    bound.leave();
    assert!(bound.enter().is_err());
    assert_eq!(bound.census().to_string(), "drained");
}

#[test]
fn the_owner_is_woken_by_the_first_lease_of_all_and_rests_only_when_none_is_out() {
    let bound = Arc::new(Bound::new(2, 0));
    assert_eq!(bound.enter(), Ok(Entered::First));
    assert_eq!(bound.enter(), Ok(Entered::Quietly));
    bound.leave();
    assert!(!bound.rest());
    bound.leave();
    assert_eq!(bound.enter(), Ok(Entered::Quietly), "it did not rest");
    bound.leave();
    assert!(bound.rest());
    assert!(matches!(bound.join(1), Joined::In(Entered::First)));
}
