//! Who is let in next.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use crate::concurrency::admissions::{Admissions, Census, Joined};
use crate::concurrency::queued::{Admission, Queued, Waiter};

#[derive(Default)]
struct Woken(AtomicU32);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

struct Waiting {
    queued: Queued,
    woken: Arc<Woken>,
}

impl Waiting {
    fn at(admissions: &Arc<Admissions>) -> Self {
        let Joined::Waiting(queued) = admissions.join(&Arc::default(), 10) else {
            panic!("it does not wait")
        };
        let mut waiting = Self {
            queued,
            woken: Arc::default(),
        };
        assert!(waiting.poll().is_none());
        waiting
    }

    fn poll(&mut self) -> Option<Admission> {
        let waker = Waker::from(Arc::clone(&self.woken));
        match Pin::new(&mut self.queued).poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(admission) => Some(admission),
            Poll::Pending => None,
        }
    }
}

fn full(limit: u32) -> Arc<Admissions> {
    let admissions = Arc::new(Admissions::new(limit));
    (0..limit).for_each(|_| admissions.enter().unwrap());
    admissions
}

fn census(inside: u32, waiting: u32) -> Census {
    Census { inside, waiting }
}

#[test]
fn those_who_wait_are_let_in_in_order_each_woken_once() {
    let admissions = full(1);
    let mut waiting: Vec<_> = (0..3).map(|_| Waiting::at(&admissions)).collect();
    assert_eq!(admissions.census(), census(1, 3));
    admissions.leave();
    for next in 0..3 {
        let states: Vec<_> = waiting
            .iter()
            .map(|waiting| waiting.woken.0.load(Ordering::Relaxed))
            .collect();
        let expected: Vec<_> = (0..3).map(|index| u32::from(index <= next)).collect();
        assert_eq!(states, expected);
        // The admission is given back as it is dropped.
        drop(waiting[next].poll().unwrap());
    }
    assert_eq!(admissions.census(), census(0, 0));
}

#[test]
fn nobody_goes_in_past_one_who_waits() {
    let admissions = full(2);
    let mut first = Waiting::at(&admissions);
    admissions.leave();
    assert!(admissions.enter().is_err(), "the admission is the first one's");
    let admission = first.poll().unwrap();
    assert_eq!(admissions.census(), census(2, 0));
    drop(admission);
    admissions.enter().unwrap();
}

#[test]
fn one_who_goes_while_waiting_leaves_the_queue() {
    let admissions = full(1);
    let (first, mut second) = (Waiting::at(&admissions), Waiting::at(&admissions));
    drop(first);
    assert_eq!(admissions.census(), census(1, 1));
    admissions.leave();
    assert!(second.poll().is_some());
    assert_eq!(admissions.census(), census(0, 0));
}

#[test]
fn one_who_goes_when_he_was_just_let_in_passes_the_admission_on() {
    let admissions = full(1);
    let (first, mut second) = (Waiting::at(&admissions), Waiting::at(&admissions));
    admissions.leave();
    assert_eq!(
        admissions.census(),
        census(1, 1),
        "the first is in, and does not know"
    );
    drop(first);
    let admission = second.poll().unwrap();
    assert_eq!(admissions.census(), census(1, 0));
    drop(admission);
    assert_eq!(admissions.census(), census(0, 0));
}

#[test]
fn one_who_gives_up_when_he_was_just_let_in_has_the_admission() {
    let admissions = full(1);
    let first = Waiting::at(&admissions);
    admissions.leave();
    assert!(first.queued.withdraw().is_some());
    assert_eq!(admissions.census(), census(0, 0));
}

#[test]
fn an_admission_that_is_kept_is_given_back_by_hand() {
    let admissions = full(1);
    let mut first = Waiting::at(&admissions);
    admissions.leave();
    first.poll().unwrap().keep();
    assert_eq!(admissions.census(), census(1, 0));
    admissions.leave();
    assert_eq!(admissions.census(), census(0, 0));
}

#[test]
fn the_queue_is_bounded() {
    let admissions = full(3);
    let _waiting: Vec<_> = (0..10).map(|_| Waiting::at(&admissions)).collect();
    match admissions.join(&Arc::default(), 10) {
        Joined::Refused(found) => assert_eq!(found, census(3, 10)),
        _ => panic!("not refused"),
    }
}

#[test]
fn who_joins_when_an_admission_came_free_meanwhile_does_not_wait() {
    let admissions = full(1);
    admissions.enter().unwrap_err();
    admissions.leave();
    assert!(matches!(admissions.join(&Arc::default(), 10), Joined::Inside));
    assert_eq!(admissions.census(), census(1, 0));
}

#[test]
fn a_limit_that_rises_lets_those_in_who_wait_and_one_that_falls_puts_nobody_out() {
    let admissions = full(1);
    let mut waiting: Vec<_> = (0..3).map(|_| Waiting::at(&admissions)).collect();
    admissions.set_limit(3);
    assert_eq!(admissions.census(), census(3, 1));
    admissions.set_limit(1);
    assert_eq!(admissions.census(), census(3, 1));
    admissions.leave();
    admissions.leave();
    assert_eq!(admissions.census(), census(1, 1), "still as many as there may be");
    admissions.leave();
    assert_eq!(admissions.census(), census(1, 0));
    for waiting in &mut waiting {
        waiting.poll().unwrap().keep();
    }
}

#[test]
fn the_place_of_one_who_waited_serves_the_next() {
    let (admissions, waiter) = (full(1), Arc::<Waiter>::default());
    for _ in 0..3 {
        let Joined::Waiting(mut queued) = admissions.join(&waiter, 1) else {
            panic!("it does not wait")
        };
        let mut task = Context::from_waker(Waker::noop());
        assert!(Pin::new(&mut queued).poll(&mut task).is_pending());
        admissions.leave();
        match Pin::new(&mut queued).poll(&mut task) {
            Poll::Ready(admission) => admission.keep(),
            Poll::Pending => panic!("it was let in"),
        }
    }
}
