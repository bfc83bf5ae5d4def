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
            most: 2,
            most_waiting: 1
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
    let wait = Duration::from_secs(1);
    assert_eq!(admission.berth().await.unwrap_err(), Overload::TooLong { wait });
    assert_eq!(admission.line.borrow().counts(), (1, 0));
    drop(berth);
    assert!(admission.berth().await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn no_berth_is_lost_where_clients_vanish_while_they_wait_and_after_they_were_called() {
    let admission = admission(1, 9);
    let berth = admission.berth().await.unwrap();
    let (gone, _) = ask(&admission).await;
    let (called, _) = ask(&admission).await;
    let (mut last, _) = ask(&admission).await;
    drop(gone);
    assert_eq!(admission.line.borrow().counts(), (1, 2));
    // The berth is already that of `called`, who never comes for it.
    drop(berth);
    assert_eq!(admission.line.borrow().counts(), (1, 1));
    drop(called);
    let berth = look(&mut last).await.unwrap().unwrap();
    drop(last);
    drop(berth);
    assert_eq!(admission.line.borrow().counts(), (0, 0));
}

#[test]
fn a_thread_has_its_part_of_what_the_listener_allows_and_at_least_one() {
    let part = |requests, threads| {
        let limits = ListenerLimits {
            requests,
            ..ListenerLimits::default()
        };
        Admission::of(&limits, NonZeroUsize::new(threads).unwrap(), figures()).most
    };
    assert_eq!((part(100, 3), part(1, 8), part(8, 1)), (34, 1, 8));
}
