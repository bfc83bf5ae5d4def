#![allow(clippy::unwrap_used)]

use std::cell::RefCell;
use std::time::Duration;

use hedgerow_config::RetryPolicy;
use hedgerow_store::Store;
use hedgerow_supervisor::{Clock, Sampling, Span, SpanStatus, Spans, Trace};
use tokio::time::Instant;

use super::tests::{Site, retrying};
use crate::CallError;
use crate::paused::run;
use crate::verdict::{Verdict, of_repeatable};

const TWO: [&str; 2] = ["127.0.0.1:9001", "127.0.0.1:9002"];

fn policy(max_retries: u32) -> RetryPolicy {
    RetryPolicy {
        max_retries,
        ..RetryPolicy::default()
    }
}

/// The result of a call whose attempts at these ports fail, with the ports that were asked. Time is moved as it waits.
async fn asked(
    site: &Site,
    judge: impl Fn(&Result<u16, u16>) -> Verdict,
    sick: &[u16],
) -> (Result<u16, CallError<u16>>, Vec<u16>) {
    let ports = RefCell::new(Vec::new());
    let call = site.upstream.call_judged(judge, |endpoint| {
        let port = endpoint.addr().port();
        ports.borrow_mut().push(port);
        std::future::ready(if sick.contains(&port) { Err(port) } else { Ok(port) })
    });
    let result = moving(call).await;
    (result, ports.into_inner())
}

/// What comes of a call, while time is moved as it waits.
async fn moving<F: Future>(call: F) -> F::Output {
    let time = async {
        loop {
            tokio::time::advance(Duration::from_millis(1)).await;
        }
    };
    tokio::select! {
        result = call => result,
        () = time => unreachable!("time goes on for ever"),
    }
}

#[test]
fn an_error_that_is_retryable_is_followed_by_an_attempt_at_another_endpoint() {
    run(async {
        let site = retrying(&TWO, &Store::memory(), policy(1)).await;
        for _ in 0..4 {
            let (result, ports) = asked(&site, of_repeatable, &[9001]).await;
            assert_eq!(result, Ok(9002));
            assert!(ports == [9002] || ports == [9001, 9002], "{ports:?}");
        }
        assert_eq!(site.upstream.retries().view().retries, 2);
        site.tree.stop().await;
    });
}

#[test]
fn a_success_is_the_end_though_its_judge_calls_all_results_retryable() {
    run(async {
        let site = retrying(&TWO, &Store::memory(), policy(1)).await;
        let judge = |result: &Result<u16, u16>| crate::verdict::of_result(result).retryable();
        let (result, ports) = asked(&site, judge, &[]).await;
        assert_eq!((result, ports.len()), (Ok(ports[0]), 1));
        let (result, ports) = asked(&site, judge, &[9001, 9002]).await;
        assert_eq!((result, ports.len()), (Err(CallError::Failed(ports[1])), 2));
        site.tree.stop().await;
    });
}

#[test]
fn an_error_that_is_not_retryable_is_the_end() {
    run(async {
        let site = retrying(&TWO, &Store::memory(), policy(1)).await;
        let (result, ports) = asked(&site, crate::verdict::of_result, &[9001, 9002]).await;
        assert_eq!((result, ports.len()), (Err(CallError::Failed(ports[0])), 1));
        site.tree.stop().await;
    });
}

#[test]
fn without_another_endpoint_the_same_one_is_asked_again_and_the_last_error_comes_back() {
    run(async {
        let site = retrying(&TWO[..1], &Store::memory(), policy(1)).await;
        let (result, ports) = asked(&site, of_repeatable, &[9001]).await;
        assert_eq!((result, ports), (Err(CallError::Failed(9001)), vec![9001; 2]));
        assert_eq!(site.upstream.retries().view().stopped_by_attempts, 1);
        site.tree.stop().await;
    });
}

#[test]
fn who_asks_for_time_gets_it_and_a_breaker_that_opens_meanwhile_ends_it() {
    run(async {
        let site = retrying(&TWO[..1], &Store::memory(), policy(5)).await;
        let begun = Instant::now();
        let judge = |result: &Result<u16, u16>| match result {
            Ok(_) => Verdict::success(),
            Err(_) => Verdict::failure()
                .retryable()
                .retry_after(Duration::from_millis(500)),
        };
        let (result, ports) = asked(&site, judge, &[9001]).await;
        // Three failures open the breaker.
        assert_eq!((result, ports), (Err(CallError::Failed(9001)), vec![9001; 3]));
        assert!(begun.elapsed() >= Duration::from_secs(1), "{:?}", begun.elapsed());
        // What was paid for the fourth has been given back.
        assert_eq!(site.upstream.retries().view().budget, 28);
        site.tree.stop().await;
    });
}

#[test]
fn an_attempt_that_takes_longer_than_one_may_is_followed_by_another_within_the_time_of_the_call() {
    run(async {
        let policy = RetryPolicy {
            per_try_timeout: Some(Duration::from_millis(300)),
            ..policy(1)
        };
        let site = retrying(&TWO, &Store::memory(), policy).await;
        let begun = Instant::now();
        let call = site.upstream.call(|endpoint| async move {
            match endpoint.addr().port() {
                9001 => std::future::pending().await,
                port => Ok::<u16, ()>(port),
            }
        });
        let moving = async {
            loop {
                tokio::time::advance(Duration::from_millis(1)).await;
            }
        };
        let result = tokio::select! {
            result = call => result,
            () = moving => unreachable!("time goes on for ever"),
        };
        assert_eq!(result, Ok(9002));
        assert!(
            begun.elapsed() < Duration::from_millis(400),
            "{:?}",
            begun.elapsed()
        );
        site.tree.stop().await;
    });
}

#[test]
fn each_attempt_is_a_span_below_that_of_its_caller_and_what_is_done_for_it_is_its_part() {
    run(async {
        let site = retrying(&TWO, &Store::memory(), policy(1)).await;
        let spans = Spans::new(Clock::start(), Sampling::share(1.0));
        let root = spans.root(Trace::fresh(Trace::SAMPLED), None, "root");
        let place = root.trace().unwrap();
        let made = RefCell::new(0);
        let call = site.upstream.call_judged(of_repeatable, |_| {
            let first = made.replace_with(|made| *made + 1) == 0;
            async move {
                drop(Span::begin("part"));
                if first { Err(()) } else { Ok(()) }
            }
        });
        moving(root.scope(call)).await.unwrap();
        let drained = spans.drain().spans;
        let told: Vec<_> = drained
            .iter()
            .map(|span| (span.name(), span.status() == SpanStatus::Error))
            .collect();
        let name = "call payments";
        let expected = [
            ("part", false),
            (name, true),
            ("part", false),
            (name, false),
            ("root", false),
        ];
        assert_eq!(told, expected);
        for (part, whole) in [(0, Some(1)), (1, None), (2, Some(3)), (3, None)] {
            let whole = whole.map_or(place, |whole: usize| drained[whole].trace());
            assert_eq!(drained[part].parent(), Some(whole.span_id()));
        }
        let numbers = [1, 3].map(|at| drained[at].attribute("hedgerow.attempt").unwrap().to_string());
        assert_eq!(numbers, ["1", "2"]);
        site.tree.stop().await;
    });
}
