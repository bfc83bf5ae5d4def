#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Wake, Waker};
use std::thread;

use actix::{Actor, Handler, Message};

use super::super::gauge::Stamp;
use super::super::parcel::{Parcel, Told};
use super::{BATCH, Batch, Door, Next, Queue};
use crate::cell::context::CellContext;

struct Reader;

impl Actor for Reader {
    type Context = CellContext<Self>;
}

struct Page;

impl Message for Page {
    type Result = ();
}

impl Handler<Page> for Reader {
    type Result = ();

    fn handle(&mut self, _: Page, _: &mut Self::Context) {}
}

/// Counts how often it is woken.
#[derive(Default)]
struct Sleeper(AtomicU32);

impl Wake for Sleeper {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Sleeper {
    fn woken(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }
}

fn sleeper() -> (Arc<Sleeper>, Waker) {
    let sleeper = Arc::new(Sleeper::default());
    (sleeper.clone(), Waker::from(sleeper))
}

fn send(queue: &Queue<Reader>) {
    let sent = queue.push(Box::new(Told::new(Page)), || Stamp::NONE);
    assert!(sent.map(|rouse| rouse.wake()).is_ok());
}

#[test]
fn the_first_message_after_none_were_left_wakes_and_the_next_ones_do_not() {
    let queue = Queue::<Reader>::new(10);
    let (sleeper, waker) = sleeper();
    let mut batch = Batch::new();
    assert_eq!(queue.take(&mut batch, &waker), Next::Wakes);
    send(&queue);
    send(&queue);
    assert_eq!(sleeper.woken(), 1);
    assert_eq!(queue.take(&mut batch, &waker), Next::Wakes, "all were taken");
    send(&queue);
    assert_eq!(sleeper.woken(), 2, "also while those are handled");
}

#[test]
fn who_leaves_messages_behind_is_not_woken_and_has_to_look_again() {
    let queue = Queue::<Reader>::new(1_000);
    let (sleeper, waker) = sleeper();
    let mut batch = Batch::new();
    (0..=BATCH).for_each(|_| send(&queue));
    assert_eq!(queue.take(&mut batch, &waker), Next::Unknown);
    assert_eq!(batch.len(), BATCH);
    send(&queue);
    assert_eq!(sleeper.woken(), 0);
    batch.clear();
    assert_eq!(queue.take(&mut batch, &waker), Next::Wakes);
    assert_eq!(batch.len(), 2);
}

#[test]
fn a_message_of_the_kernel_wakes_as_well() {
    let queue = Queue::<Reader>::new(0);
    let (sleeper, waker) = sleeper();
    assert_eq!(queue.take(&mut Batch::new(), &waker), Next::Wakes);
    queue
        .order(Parcel::from(Box::new(Told::new(Page))), Stamp::NONE)
        .wake();
    assert_eq!(sleeper.woken(), 1);
}

#[test]
fn the_one_who_took_last_is_woken() {
    let queue = Queue::<Reader>::new(10);
    let ((earlier, waker), (later, other)) = (sleeper(), sleeper());
    assert_eq!(queue.take(&mut Batch::new(), &waker), Next::Wakes);
    assert_eq!(queue.take(&mut Batch::new(), &other), Next::Wakes);
    send(&queue);
    assert_eq!((earlier.woken(), later.woken()), (0, 1));
}

#[test]
fn who_has_ended_is_not_kept_to_be_woken() {
    let queue = Queue::<Reader>::new(10);
    let (sleeper, waker) = sleeper();
    let mut batch = Batch::new();
    assert_eq!(queue.take(&mut batch, &waker), Next::Wakes);
    drop(waker);
    queue.put_back(&mut batch);
    assert_eq!(Arc::strong_count(&sleeper), 1, "nor is the memory of its task");
    send(&queue);
    assert_eq!(sleeper.woken(), 0);
}

#[test]
fn a_queue_that_is_shut_wakes_nobody() {
    let queue = Queue::<Reader>::new(10);
    let (sleeper, waker) = sleeper();
    assert_eq!(queue.take(&mut Batch::new(), &waker), Next::Wakes);
    queue.set(Door::Shut);
    assert!(queue.push(Box::new(Told::new(Page)), || Stamp::NONE).is_err());
    assert_eq!(sleeper.woken(), 0);
}

#[test]
fn no_message_is_left_lying_while_who_takes_them_sleeps() {
    const EACH: usize = 2_000;
    struct Unpark(thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let queue = Queue::<Reader>::new(usize::MAX);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| (0..EACH).for_each(|_| send(&queue)));
        }
        // As an incarnation does: what it knows lets it sleep without another look.
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let (mut batch, mut taken) = (Batch::new(), 0);
        while taken < 2 * EACH {
            let next = queue.take(&mut batch, &waker);
            let came = batch.len();
            taken += came;
            batch.clear();
            queue.gauge.taken(0);
            if next == Next::Wakes && taken < 2 * EACH {
                thread::park();
            }
        }
    });
}
