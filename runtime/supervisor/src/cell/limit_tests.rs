#![allow(clippy::unwrap_used)]

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::task::coop::consume_budget;
use tokio::time::{Instant, sleep, timeout};

use super::{KEPT, Limit, TIMERS};

const SHORT: Duration = Duration::from_millis(20);
const LONG: Duration = Duration::from_secs(5);
const NEVER: Duration = Duration::from_secs(3_600);

/// A runtime whose time jumps to the next timer whenever nothing else is to be done.
fn virtual_time() -> Runtime {
    Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
}

fn limit(after: Duration) -> Limit {
    Limit::new(Instant::now(), after)
}

async fn over(mut limit: Limit) {
    poll_fn(|task| limit.poll(task)).await;
}

/// How long that takes, if it ends at all.
async fn length_of(wait: impl Future<Output = ()>) -> Duration {
    let begun = Instant::now();
    timeout(NEVER, wait).await.expect("the limit ends the wait");
    begun.elapsed()
}

/// Waits as long as an answer takes that comes in time.
async fn given_up(mut limit: Limit, after: Duration) {
    let mut answer = pin!(sleep(after));
    poll_fn(|task| {
        let answered = answer.as_mut().poll(task);
        if answered.is_pending() {
            assert!(limit.poll(task).is_pending(), "not so early");
        }
        answered
    })
    .await;
}

fn kept() -> usize {
    TIMERS.with_borrow(Vec::len)
}

#[test]
fn a_wait_ends_at_its_limit_whatever_the_timer_that_was_kept_was_set_to() {
    virtual_time().block_on(async {
        assert_eq!(length_of(over(limit(LONG))).await, LONG);
        for (earlier, answered_after) in [(LONG, SHORT), (SHORT, SHORT / 2), (LONG, LONG / 2)] {
            for later in [SHORT, LONG, 3 * LONG] {
                given_up(limit(earlier), answered_after).await;
                assert_eq!(kept(), 1, "one that is kept is taken again");
                assert_eq!(length_of(over(limit(later))).await, later);
            }
        }
    });
}

#[test]
fn a_wait_counts_from_when_it_was_begun_and_not_from_the_first_look() {
    virtual_time().block_on(async {
        let limit = limit(LONG);
        sleep(LONG / 5).await;
        assert_eq!(length_of(over(limit)).await, LONG * 4 / 5);
    });
}

#[test]
fn many_waits_at_once_each_end_at_their_own_limit_and_few_timers_are_kept() {
    virtual_time().block_on(async {
        let waits = (1..=200).map(|number| async move {
            let after = SHORT * number;
            given_up(limit(LONG), SHORT).await;
            assert_eq!(length_of(over(limit(after))).await, after);
        });
        futures_util::future::join_all(waits).await;
        assert_eq!(kept(), KEPT);
    });
}

#[test]
fn a_limit_without_end_is_none() {
    virtual_time().block_on(async {
        assert!(timeout(NEVER, over(limit(Duration::MAX))).await.is_err());
        assert_eq!(kept(), 0, "nor has it a timer");
    });
}

#[test]
fn a_task_that_has_spent_its_budget_is_still_woken_at_the_limit() {
    virtual_time().block_on(async {
        let mut limit = limit(LONG);
        let mut spent = false;
        let wait = poll_fn(|task| {
            if !spent {
                spent = true;
                while pin!(consume_budget()).poll(task).is_ready() {}
            }
            limit.poll(task)
        });
        assert_eq!(length_of(wait).await, LONG);
    });
}

#[test]
fn the_one_who_looked_last_is_woken() {
    virtual_time().block_on(async {
        let mut limit = limit(LONG);
        let mut nobody = Context::from_waker(Waker::noop());
        assert!(limit.poll(&mut nobody).is_pending());
        assert_eq!(length_of(over(limit)).await, LONG);
    });
}

#[test]
fn a_wait_goes_on_in_another_task_and_on_another_thread() {
    let workers = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build()
        .unwrap();
    let mut limit = limit(10 * SHORT);
    {
        let _inside = workers.enter();
        let mut nobody = Context::from_waker(Waker::noop());
        assert!(limit.poll(&mut nobody).is_pending());
    }
    let ended = workers.spawn(over(limit));
    workers
        .block_on(async { timeout(NEVER, ended).await })
        .expect("the limit ends the wait")
        .unwrap();
}

#[test]
fn a_wait_goes_on_in_another_runtime_also_when_the_first_is_gone() {
    for first_is_dropped in [true, false] {
        let first = virtual_time();
        let mut wait = first.block_on(async {
            let mut wait = limit(LONG);
            let mut nobody = Context::from_waker(Waker::noop());
            assert!(wait.poll(&mut nobody).is_pending());
            wait
        });
        let undriven = (!first_is_dropped).then_some(first);
        let second = virtual_time();
        second.block_on(async {
            // By the time of this runtime.
            wait.until = Instant::now().checked_add(LONG);
            assert_eq!(length_of(over(wait)).await, LONG);
        });
        drop(undriven);
    }
}

#[test]
fn a_timer_that_was_kept_of_another_runtime_is_not_used() {
    for first_is_dropped in [true, false] {
        let first = virtual_time();
        first.block_on(given_up(limit(LONG), SHORT));
        assert_eq!(kept(), 1);
        let undriven = (!first_is_dropped).then_some(first);
        virtual_time().block_on(async {
            assert_eq!(length_of(over(limit(LONG))).await, LONG);
        });
        drop(undriven);
    }
}

#[test]
fn outside_of_a_runtime_nothing_ends_and_nothing_panics() {
    let first = virtual_time();
    let mut wait = first.block_on(async { limit(LONG) });
    let mut nobody = Context::from_waker(Waker::noop());
    first.block_on(async {
        assert!(wait.poll(&mut Context::from_waker(Waker::noop())).is_pending());
    });
    drop(first);
    assert_eq!(wait.poll(&mut nobody), Poll::Pending);
    assert_eq!(wait.poll(&mut nobody), Poll::Pending);
}

#[test]
fn a_thread_that_ends_with_timers_ends_in_order() {
    let thread = thread::spawn(|| {
        let runtime = virtual_time();
        runtime.block_on(given_up(limit(LONG), SHORT));
        kept()
    });
    assert_eq!(thread.join().unwrap(), 1);
}

#[test]
fn a_waker_that_is_dropped_with_a_timer_may_wait_itself() {
    struct Waits {
        _limit: Mutex<Limit>,
    }
    impl Wake for Waits {
        fn wake(self: Arc<Self>) {}
    }
    let waits = |runtime: &Runtime| {
        runtime.block_on(async {
            let mut inner = limit(LONG);
            let mut nobody = Context::from_waker(Waker::noop());
            assert!(inner.poll(&mut nobody).is_pending());
            let waker = Waker::from(Arc::new(Waits {
                _limit: Mutex::new(inner),
            }));
            let mut outer = limit(LONG);
            assert!(outer.poll(&mut Context::from_waker(&waker)).is_pending());
        });
    };
    waits(&virtual_time());
    let second = virtual_time();
    second.block_on(async { assert_eq!(length_of(over(limit(LONG))).await, LONG) });
    assert!(kept() >= 1);
}
