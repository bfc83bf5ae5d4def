#![allow(clippy::unwrap_used)]

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use hedgerow_view::Identity;

use super::*;

fn figures() -> Arc<Figures> {
    Arc::new(Figures::of(Identity::new("listener", "public")))
}

fn admission(requests: u32, requests_waiting: u32) -> Admission {
    let limits = ListenerLimits {
        requests,
        requests_waiting,
        request_wait: Duration::from_secs(1),
        ..ListenerLimits::default()
    };
    Admission::of(&limits, NonZeroUsize::MIN, figures())
}

type Asked<'a> = Pin<Box<dyn Future<Output = Result<Berth, Overload>> + 'a>>;

/// A request that has come, and what it has by now.
async fn ask(admission: &Admission) -> (Asked<'_>, Option<Result<Berth, Overload>>) {
    let mut asked: Asked<'_> = Box::pin(admission.berth());
    let now = look(&mut asked).await;
    (asked, now)
}

/// What becomes of this while the line is kept.
async fn kept<F: Future>(admission: &Admission, asked: F) -> F::Output {
    let (mut keeper, mut asked) = (pin!(admission.keep()), pin!(asked));
    poll_fn(|task| {
        assert!(keeper.as_mut().poll(task).is_pending(), "it ends never");
        asked.as_mut().poll(task)
    })
    .await
}

async fn look(asked: &mut Asked<'_>) -> Option<Result<Berth, Overload>> {
    poll_fn(|task| match asked.as_mut().poll(task) {
        Poll::Ready(outcome) => Poll::Ready(Some(outcome)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn so_many_are_under_way_the_next_ones_wait_and_who_finds_the_line_full_is_refused_at_once() {
    let admission = admission(2, 1);
    let one = admission.berth().await.unwrap();
    let _two = admission.berth().await.unwrap();
    let (mut third, none_yet) = ask(&admission).await;
    assert!(none_yet.is_none());
    let refused = admission.berth().await.unwrap_err();
    assert_eq!(
        refused,
        Overload::LineFull {
            cause: Cause::Requests(NonZeroUsize::new(2).unwrap()),
            waiting: 1
        }
    );
    drop(one);
    assert!(look(&mut third).await.unwrap().is_ok());
    assert_eq!(admission.figures.overload(), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn who_came_first_is_called_first_and_nobody_overtakes() {
    let admission = admission(1, 9);
    let mut berth = admission.berth().await.unwrap();
    let mut waiting = Vec::new();
    for _ in 0..5 {
        waiting.push(ask(&admission).await.0);
    }
    for turn in 0..5 {
        drop(berth);
        // Whoever comes now is behind those who wait.
        let (_late, nothing) = ask(&admission).await;
        assert!(nothing.is_none());
        let mut called = Vec::new();
        for (place, asked) in waiting.iter_mut().enumerate().skip(turn) {
            if let Some(outcome) = look(asked).await {
                called.push((place, outcome.unwrap()));
            }
        }
        let (place, next) = called.pop().unwrap();
        assert!(called.is_empty(), "one berth, one request");
        assert_eq!(place, turn);
        berth = next;
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_too_long_is_refused_and_leaves_the_line() {
    let admission = admission(1, 1);
    let berth = admission.berth().await.unwrap();
    let (cause, wait) = (Cause::Requests(NonZeroUsize::MIN), Duration::from_secs(1));
    let began = Instant::now();
    let refused = kept(&admission, admission.berth()).await.unwrap_err();
    assert_eq!(refused, Overload::TooLong { cause, wait });
    assert_eq!(began.elapsed(), wait);
    assert_eq!(admission.berths.line.borrow().counts(), (1, 0));
    drop(berth);
    assert!(admission.berth().await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn who_is_called_while_the_process_stood_still_is_not_refused() {
    let admission = admission(1, 9);
    let berth = admission.berth().await.unwrap();
    let (mut first, _) = ask(&admission).await;
    let (mut second, _) = ask(&admission).await;
    tokio::time::advance(Duration::from_secs(10)).await;
    drop(berth);
    let first = look(&mut first).await.unwrap();
    assert!(first.is_ok());
    assert!(matches!(
        kept(&admission, second.as_mut()).await,
        Err(Overload::TooLong { .. })
    ));
}

#[tokio::test(start_paused = true)]
async fn a_thread_that_has_no_rest_begins_few_and_the_line_moves_all_the_same() {
    // Nothing tells of this thread's rest: it counts as busy.
    let admission = admission(100, 100);
    let mut berths = Vec::new();
    for _ in 0..utilization::FLOOR {
        berths.push(admission.berth().await.unwrap());
    }
    let began = Instant::now();
    let next = kept(&admission, admission.berth()).await;
    assert!(next.is_ok());
    assert!(
        began.elapsed() <= 2 * LOOK,
        "one at each look where none is given back"
    );
    let (mut waits, nothing) = ask(&admission).await;
    assert!(nothing.is_none());
    berths[0].answered();
    assert!(
        look(&mut waits).await.is_none(),
        "there is one more than there would be"
    );
    berths[1].answered();
    assert!(
        look(&mut waits).await.unwrap().is_ok(),
        "what has its answer is no work"
    );
    drop(berths);
}

#[tokio::test(start_paused = true)]
async fn whom_the_thread_alone_holds_back_is_not_refused_for_want_of_a_place_in_the_line() {
    let admission = admission(100, 1);
    let mut asked = Vec::new();
    for _ in 0..101 {
        asked.push(ask(&admission).await);
    }
    let refused = admission.berth().await.unwrap_err();
    let cause = Cause::Utilization(utilization::FLOOR);
    let waiting = 101 - utilization::FLOOR;
    assert_eq!(refused, Overload::LineFull { cause, waiting });
}

#[tokio::test(start_paused = true)]
async fn without_a_utilization_whatever_comes_is_begun() {
    let limits = ListenerLimits {
        utilization: None,
        ..ListenerLimits::default()
    };
    let admission = Admission::of(&limits, NonZeroUsize::MIN, figures());
    let mut berths = Vec::new();
    for _ in 0..limits.requests {
        berths.push(admission.berth().await.unwrap());
    }
    assert_eq!(admission.figures.overload(), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn no_berth_is_lost_where_clients_vanish_while_they_wait_and_after_they_were_called() {
    let admission = admission(1, 9);
    let berth = admission.berth().await.unwrap();
    let (gone, _) = ask(&admission).await;
    let (called, _) = ask(&admission).await;
    let (mut last, _) = ask(&admission).await;
    drop(gone);
    assert_eq!(admission.berths.line.borrow().counts(), (1, 2));
    // The berth is already that of `called`, who never comes for it.
    drop(berth);
    assert_eq!(admission.berths.line.borrow().counts(), (1, 1));
    drop(called);
    let berth = look(&mut last).await.unwrap().unwrap();
    drop(last);
    drop(berth);
    assert_eq!(admission.berths.line.borrow().counts(), (0, 0));
}

#[test]
fn a_thread_has_its_part_of_what_the_listener_allows_and_at_least_one() {
    let part = |requests, threads| {
        let limits = ListenerLimits {
            requests,
            ..ListenerLimits::default()
        };
        let admission = Admission::of(&limits, NonZeroUsize::new(threads).unwrap(), figures());
        admission.berths.line.borrow().most()
    };
    assert_eq!((part(100, 3), part(1, 8), part(8, 1)), (34, 1, 8));
}
