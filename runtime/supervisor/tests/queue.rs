//! The queue of an actor: bounded exactly, in order, and what it says of itself is true.
#![allow(clippy::unwrap_used)]

mod kit;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use hedgerow_supervisor::{AskError, Handle, SendError, Supervisor, Tree};
use hedgerow_view::tree::{ActorState, MailboxView};
use kit::doer::*;
use kit::*;
use tokio::sync::oneshot;
use tokio::time::{advance, sleep};

const THREADS: usize = 8;
const EACH: usize = 3_000;
const CAPACITY: usize = 100;

fn mailbox(tree: &Tree) -> MailboxView {
    at(&tree.directory().tree(), &["doer"]).mailbox
}

async fn doer_with(capacity: usize) -> (Tree, Handle<Doer>) {
    let (spec, doer) = doer("doer");
    (
        here(Supervisor::one_for_one("root").child(spec.mailbox(capacity))).await,
        doer,
    )
}

/// Counts what is in a queue: what was let in and is not in hand.
#[derive(Default)]
struct Inside {
    now: AtomicUsize,
    most: AtomicUsize,
}

#[tokio::test]
async fn a7_eight_threads_that_flood_never_have_more_inside_than_there_is_room_and_none_is_lost() {
    let (spec, doer) = doer("doer");
    let root = Supervisor::one_for_one("root").child(spec.mailbox(CAPACITY));
    let (tree, arbiters) = on_threads(root).await;
    let order = Log::default();
    let (inside, begin) = (Arc::<Inside>::default(), Arc::new(Barrier::new(THREADS)));
    let floods: Vec<_> = (0..THREADS)
        .map(|sender| {
            let (doer, inside, begin, order) = (doer.clone(), inside.clone(), begin.clone(), order.clone());
            thread::spawn(move || {
                begin.wait();
                let (mut taken, mut refused) = (0_usize, 0_usize);
                for number in 0..EACH {
                    let (counted, order) = (inside.clone(), order.clone());
                    let message = deed(move |_, _| {
                        counted.now.fetch_sub(1, Ordering::SeqCst);
                        order.note(format!("{sender} {number:05}"));
                    });
                    match doer.tell(message) {
                        Ok(()) => {
                            let now = inside.now.fetch_add(1, Ordering::SeqCst).wrapping_add(1);
                            // It may have been handled before it was counted.
                            if now < usize::MAX / 2 {
                                inside.most.fetch_max(now, Ordering::SeqCst);
                            }
                            taken += 1;
                        }
                        Err(SendError::Overloaded(_)) => refused += 1,
                        Err(other) => panic!("{other:?}"),
                    }
                }
                (taken, refused)
            })
        })
        .collect();
    let sums = floods.into_iter().map(|flood| flood.join().unwrap());
    let (taken, refused) = sums.fold((0, 0), |(taken, refused), (more, less)| {
        (taken + more, refused + less)
    });
    assert_eq!(taken + refused, THREADS * EACH);
    while doer.ask(deed(|_, _| ())).await.is_err() {}
    let most = inside.most.load(Ordering::SeqCst);
    // Counted after it was let in, so never too early; taken off when it is in hand, and no longer in the queue.
    assert!(most <= CAPACITY + 1, "{most} were inside at once");
    let lines = order.lines();
    assert_eq!(lines.len(), taken, "what was let in was handled, once");
    for sender in 0..THREADS {
        let own: Vec<_> = lines
            .iter()
            .filter(|line| line.starts_with(&format!("{sender} ")))
            .collect();
        assert!(own.is_sorted(), "in the order of the sender");
    }
    tree.stop().await;
    arbiters.shutdown().await;
}

#[test]
fn the_bound_holds_to_one_message_while_the_actor_waits_and_in_the_midst_of_a_batch() {
    run(async {
        let (tree, doer) = doer_with(70).await;
        let (go, gone) = oneshot::channel::<()>();
        doer.tell(hold(async { drop(gone.await) })).unwrap();
        tokio::task::yield_now().await;
        for _ in 0..70 {
            doer.tell(deed(|doer, _| doer.count += 1)).unwrap();
        }
        assert!(doer.tell(deed(|_, _| ())).is_err());
        assert_eq!((mailbox(&tree).depth, mailbox(&tree).refused), (70, 1));
        go.send(()).unwrap();
        assert_eq!(sum_up(&doer).await, 70);
        // The batch was taken out: it counts until each message is begun with.
        let own = doer.clone();
        let probe = deed(move |_, _| {
            let mut room = 0;
            while own.tell(deed(|_, _| ())).is_ok() {
                room += 1;
            }
            room
        });
        let waiting: Vec<_> = (0..10).map(|_| doer.ask(deed(|_, _| ()))).collect();
        let room = doer.ask(probe);
        let behind: Vec<_> = (0..20).map(|_| doer.ask(deed(|_, _| ()))).collect();
        assert_eq!(room.await.unwrap(), 50);
        for answer in waiting.into_iter().chain(behind) {
            answer.await.unwrap();
        }
        tree.stop().await;
    });
}

async fn sum_up(doer: &Handle<Doer>) -> u32 {
    loop {
        match doer.ask(deed(|doer, _| doer.count)).await {
            Ok(count) => return count,
            Err(AskError::Overloaded(_)) => tokio::task::yield_now().await,
            Err(other) => panic!("{other:?}"),
        }
    }
}

#[test]
fn what_a_panic_leaves_of_a_batch_is_handled_in_its_order_before_what_came_later() {
    run(async {
        let (tree, doer) = doer_with(1_000).await;
        let log = Log::default();
        let (go, gone) = oneshot::channel::<()>();
        doer.tell(hold(async { drop(gone.await) })).unwrap();
        for number in 0..200 {
            let notes = log.clone();
            let note = deed(move |_, _| {
                notes.note(format!("{number:03}"));
                assert!(number % 50 != 7, "told to");
            });
            doer.tell(note).unwrap();
        }
        go.send(()).unwrap();
        doer.ask(deed(|_, _| ())).await.unwrap();
        let expected: Vec<_> = (0..200).map(|number| format!("{number:03}")).collect();
        assert_eq!(log.lines(), expected, "each once, those that panicked too");
        tree.stop().await;
    });
}

#[test]
fn the_notices_of_the_children_come_before_the_orders_of_an_operator() {
    run(async {
        let (tree, doer) = doer_with(10).await;
        let path = at(&tree.directory().tree(), &["doer"]).path.clone();
        let directory = tree.directory().clone();
        let operating = directory.operate(&path, hedgerow_supervisor::Order::Restart);
        let (fallen, ordered) = tokio::join!(doer.ask(deed(|_, _| panic!("told to"))), operating);
        assert!(fallen.is_err());
        ordered.unwrap();
        assert_eq!(doer.ask(deed(|_, _| 1)).await.unwrap(), 1);
        tree.stop().await;
    });
}

#[test]
fn age_depth_and_counts_are_exact_while_the_actor_waits() {
    run(async {
        let (tree, doer) = doer_with(100).await;
        advance(Duration::from_secs(100)).await;
        assert_eq!((mailbox(&tree).depth, mailbox(&tree).oldest_ms), (0, 0));
        doer.ask(hold(sleep(Duration::from_secs(10)))).await.unwrap();
        advance(Duration::from_secs(2)).await;
        for _ in 0..40 {
            doer.tell(deed(|_, _| ())).unwrap();
        }
        advance(Duration::from_secs(3)).await;
        let shown = mailbox(&tree);
        assert_eq!((shown.depth, shown.handled, shown.refused), (40, 1, 0));
        assert_eq!(shown.oldest_ms, 5_000, "what it waits for is in hand since then");
        advance(Duration::from_secs(10)).await;
        doer.ask(deed(|_, _| ())).await.unwrap();
        let shown = mailbox(&tree);
        assert_eq!((shown.depth, shown.handled, shown.oldest_ms), (0, 42, 0));
        tree.stop().await;
    });
}

#[test]
fn the_age_of_the_oldest_is_true_after_a_panic_in_the_midst_of_a_batch() {
    run(async {
        let (spec, doer) = doer("doer");
        let spec = spec.while_restarting(hedgerow_supervisor::WhileRestarting::Queue);
        let root = Supervisor::one_for_one("root").backoff(Duration::from_secs(4), Duration::from_secs(60));
        let tree = here(root.child(spec)).await;
        advance(Duration::from_secs(100)).await;
        // The first restart is at once, the second one is not.
        assert!(doer.ask(deed(|_, _| panic!("told to"))).await.is_err());
        until(&tree, "doer", ActorState::Running).await;
        doer.tell(deed(|_, _| ())).unwrap();
        let fallen = doer.ask(deed(|_, _| panic!("told to")));
        for _ in 0..5 {
            doer.tell(deed(|_, _| ())).unwrap();
        }
        assert!(fallen.await.is_err());
        until(&tree, "doer", ActorState::Restarting).await;
        advance(Duration::from_secs(1)).await;
        let shown = mailbox(&tree);
        assert_eq!((shown.depth, shown.oldest_ms), (5, 1_000));
        tree.stop().await;
    });
}

#[test]
fn the_rate_is_what_was_handled_over_the_last_second_or_more() {
    run(async {
        let (tree, doer) = doer_with(100).await;
        for _ in 0..20 {
            doer.ask(deed(|_, _| ())).await.unwrap();
            advance(Duration::from_millis(100)).await;
        }
        let rate = mailbox(&tree).rate_per_s;
        assert!((9.0..=11.0).contains(&rate), "{rate}");
        advance(Duration::from_secs(100)).await;
        let rate = mailbox(&tree).rate_per_s;
        assert!(rate <= 0.2, "{rate} after a long silence");
        tree.stop().await;
    });
}

#[test]
fn what_was_sent_before_the_start_waits_for_it_and_counts() {
    run(async {
        let (spec, doer) = doer("doer");
        for _ in 0..5 {
            doer.tell(deed(|doer, _| doer.count += 1)).unwrap();
        }
        let tree = here(Supervisor::one_for_one("root").child(spec.mailbox(5))).await;
        assert_eq!(doer.ask(deed(|doer, _| doer.count)).await.unwrap(), 5);
        assert_eq!(mailbox(&tree).handled, 6);
        tree.stop().await;
    });
}

#[test]
fn what_an_actor_sends_to_itself_later_is_bounded_and_counted_like_all_the_rest() {
    run(async {
        let (spec, doer) = doer("doer");
        let tree = here(Supervisor::one_for_one("root").child(spec.mailbox(4))).await;
        let later = deed(|_, context: &mut Ctx| {
            for _ in 0..100 {
                context.notify_later(
                    deed(|doer: &mut Doer, _: &mut Ctx| doer.count += 1),
                    Duration::from_secs(1),
                );
            }
        });
        doer.ask(later).await.unwrap();
        sleep(Duration::from_secs(2)).await;
        assert_eq!(doer.ask(deed(|doer, _| doer.count)).await.unwrap(), 4);
        let mailbox = at(&tree.directory().tree(), &["doer"]).mailbox;
        assert_eq!((mailbox.handled, mailbox.refused), (6, 96));
        tree.stop().await;
    });
}
