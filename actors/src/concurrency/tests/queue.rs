//! Who is let in next.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use crate::concurrency::slots::{Census, Joined, Slots};
use crate::concurrency::ticket::{Slot, Ticket, Waiter};

#[derive(Default)]
struct Woken(AtomicU32);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

struct Waiting {
    ticket: Ticket,
    woken: Arc<Woken>,
}

impl Waiting {
    fn at(slots: &Arc<Slots>) -> Self {
        let Joined::Waiting(ticket) = slots.join(&Arc::default(), 10) else {
            panic!("it does not wait")
        };
        let mut waiting = Self {
            ticket,
            woken: Arc::default(),
        };
        assert!(waiting.poll().is_none());
        waiting
    }

    fn poll(&mut self) -> Option<Slot> {
        let waker = Waker::from(Arc::clone(&self.woken));
        match Pin::new(&mut self.ticket).poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(slot) => Some(slot),
            Poll::Pending => None,
        }
    }
}

fn full(limit: u32) -> Arc<Slots> {
    let slots = Arc::new(Slots::new(limit));
    (0..limit).for_each(|_| slots.enter().unwrap());
    slots
}

fn census(inside: u32, waiting: u32) -> Census {
    Census { inside, waiting }
}

#[test]
fn those_who_wait_are_let_in_in_order_each_woken_once() {
    let slots = full(1);
    let mut waiting: Vec<_> = (0..3).map(|_| Waiting::at(&slots)).collect();
    assert_eq!(slots.census(), census(1, 3));
    slots.leave();
    for next in 0..3 {
        let states: Vec<_> = waiting
            .iter()
            .map(|waiting| waiting.woken.0.load(Ordering::Relaxed))
            .collect();
        let expected: Vec<_> = (0..3).map(|index| u32::from(index <= next)).collect();
        assert_eq!(states, expected);
        // The slot is given back as it is dropped.
        drop(waiting[next].poll().unwrap());
    }
    assert_eq!(slots.census(), census(0, 0));
}

#[test]
fn nobody_goes_in_past_one_who_waits() {
    let slots = full(2);
    let mut first = Waiting::at(&slots);
    slots.leave();
    assert!(slots.enter().is_err(), "the slot is the first one's");
    let slot = first.poll().unwrap();
    assert_eq!(slots.census(), census(2, 0));
    drop(slot);
    slots.enter().unwrap();
}

#[test]
fn one_who_goes_while_waiting_leaves_the_queue() {
    let slots = full(1);
    let (first, mut second) = (Waiting::at(&slots), Waiting::at(&slots));
    drop(first);
    assert_eq!(slots.census(), census(1, 1));
    slots.leave();
    assert!(second.poll().is_some());
    assert_eq!(slots.census(), census(0, 0));
}

#[test]
fn one_who_goes_when_he_was_just_let_in_passes_the_slot_on() {
    let slots = full(1);
    let (first, mut second) = (Waiting::at(&slots), Waiting::at(&slots));
    slots.leave();
    assert_eq!(slots.census(), census(1, 1), "the first is in, and does not know");
    drop(first);
    let slot = second.poll().unwrap();
    assert_eq!(slots.census(), census(1, 0));
    drop(slot);
    assert_eq!(slots.census(), census(0, 0));
}

#[test]
fn one_who_gives_up_when_he_was_just_let_in_has_the_slot() {
    let slots = full(1);
    let first = Waiting::at(&slots);
    slots.leave();
    assert!(first.ticket.withdraw().is_some());
    assert_eq!(slots.census(), census(0, 0));
}

#[test]
fn a_slot_that_is_kept_is_given_back_by_hand() {
    let slots = full(1);
    let mut first = Waiting::at(&slots);
    slots.leave();
    first.poll().unwrap().keep();
    assert_eq!(slots.census(), census(1, 0));
    slots.leave();
    assert_eq!(slots.census(), census(0, 0));
}

#[test]
fn the_queue_is_bounded() {
    let slots = full(3);
    let _waiting: Vec<_> = (0..10).map(|_| Waiting::at(&slots)).collect();
    match slots.join(&Arc::default(), 10) {
        Joined::Refused(found) => assert_eq!(found, census(3, 10)),
        _ => panic!("not refused"),
    }
}

#[test]
fn who_joins_when_a_slot_came_free_meanwhile_does_not_wait() {
    let slots = full(1);
    slots.enter().unwrap_err();
    slots.leave();
    assert!(matches!(slots.join(&Arc::default(), 10), Joined::Inside));
    assert_eq!(slots.census(), census(1, 0));
}

#[test]
fn a_limit_that_rises_lets_those_in_who_wait_and_one_that_falls_puts_nobody_out() {
    let slots = full(1);
    let mut waiting: Vec<_> = (0..3).map(|_| Waiting::at(&slots)).collect();
    slots.set_limit(3);
    assert_eq!(slots.census(), census(3, 1));
    slots.set_limit(1);
    assert_eq!(slots.census(), census(3, 1));
    slots.leave();
    slots.leave();
    assert_eq!(slots.census(), census(1, 1), "still as many as there may be");
    slots.leave();
    assert_eq!(slots.census(), census(1, 0));
    for waiting in &mut waiting {
        waiting.poll().unwrap().keep();
    }
}

#[test]
fn the_place_of_one_who_waited_serves_the_next() {
    let (slots, waiter) = (full(1), Arc::<Waiter>::default());
    for _ in 0..3 {
        let Joined::Waiting(mut ticket) = slots.join(&waiter, 1) else {
            panic!("it does not wait")
        };
        let mut task = Context::from_waker(Waker::noop());
        assert!(Pin::new(&mut ticket).poll(&mut task).is_pending());
        slots.leave();
        match Pin::new(&mut ticket).poll(&mut task) {
            Poll::Ready(slot) => slot.keep(),
            Poll::Pending => panic!("it was let in"),
        }
    }
}
