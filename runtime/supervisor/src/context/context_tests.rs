#![allow(clippy::unwrap_used)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::mpsc;
use std::task::{self, Poll, Waker};
use std::thread;
use std::time::Duration;

use actix::Actor;
use actix::fut::ActorFuture;

use super::{Baggage, Context, Trace, run_in};
use crate::clock::Clock;

fn of(tenant: &str) -> Context {
    Context::default().with_tenant(tenant)
}

fn tenant() -> Option<String> {
    Context::current().tenant().map(str::to_owned)
}

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut task::Context::from_waker(Waker::noop()))
}

/// Suspends once, and tells what was current before and after.
async fn tenants_around_a_wait() -> (Option<String>, Option<String>) {
    let before = tenant();
    let mut waited = false;
    std::future::poll_fn(|_| {
        if waited {
            return Poll::Ready(());
        }
        waited = true;
        Poll::Pending
    })
    .await;
    (before, tenant())
}

/// Sends the tenant that is current when it is dropped.
struct Witness(mpsc::SyncSender<Option<String>>);

impl Drop for Witness {
    fn drop(&mut self) {
        let _ = self.0.send(tenant());
    }
}

#[test]
fn a_deadline_is_only_ever_shortened() {
    let clock = Clock::start();
    let at = |seconds| clock.at(Duration::from_secs(seconds));
    let context = Context::default().with_deadline(at(5));
    assert_eq!(context.clone().with_deadline(at(9)).deadline(), Some(at(5)));
    assert_eq!(context.with_deadline(at(2)).deadline(), Some(at(2)));
}

#[test]
fn a_deadline_in_some_time_is_only_ever_shortened_too_and_without_an_end_it_is_none() {
    let clock = Clock::start();
    let soon = clock.at(Duration::from_secs(1));
    let context = Context::default().with_deadline(soon);
    let unchanged = context.clone().with_deadline_in(Duration::from_secs(60));
    assert_eq!(unchanged.deadline(), Some(soon));
    assert!(context.with_deadline_in(Duration::ZERO).deadline() < Some(soon));
    assert!(Context::default().with_deadline_in(Duration::MAX).is_empty());
}

#[test]
fn what_remains_is_zero_once_the_deadline_has_passed_and_nothing_without_one() {
    let clock = Clock::start();
    let at = |seconds| clock.at(Duration::from_secs(seconds));
    let context = Context::default().with_deadline(at(5));
    assert_eq!(context.remaining(at(2)), Some(Duration::from_secs(3)));
    assert_eq!(context.remaining(at(6)), Some(Duration::ZERO));
    assert_eq!(Context::default().remaining(at(6)), None);
}

#[test]
fn a_context_is_empty_until_it_has_any_one_part() {
    let trace = Trace::new([1; 16], [2; 8], 0).unwrap();
    assert!(Context::default().is_empty());
    assert!(!of("a").is_empty());
    assert!(!Context::default().with_trace(trace).is_empty());
    let epoch = Clock::start().at(Duration::ZERO);
    assert!(!Context::default().with_deadline(epoch).is_empty());
    let baggage = Baggage::new([("a", "1")]).unwrap();
    assert!(!Context::default().with_baggage(baggage).is_empty());
    assert!(Context::default().with_baggage(Baggage::default()).is_empty());
}

#[test]
fn every_part_is_seen_by_what_runs_in_it_and_a_clone_shares_what_is_long() {
    let trace = Trace::new([1; 16], [2; 8], 1).unwrap();
    let context = of("a")
        .with_trace(trace)
        .with_baggage(Baggage::new([("k", "v")]).unwrap());
    let seen = context.enter(Context::current);
    assert_eq!(seen, context);
    assert_eq!(seen.trace(), Some(trace));
    assert_eq!(seen.baggage().and_then(|baggage| baggage.get("k")), Some("v"));
    assert!(std::ptr::eq(seen.baggage().unwrap(), context.baggage().unwrap()));
    assert!(std::ptr::eq(seen.tenant().unwrap(), context.tenant().unwrap()));
}

#[test]
fn contexts_nest_and_the_one_before_comes_back() {
    of("outer").enter(|| {
        assert_eq!(tenant().as_deref(), Some("outer"));
        of("inner").enter(|| assert_eq!(tenant().as_deref(), Some("inner")));
        assert_eq!(tenant().as_deref(), Some("outer"));
        run_in(Context::default(), || {
            assert_eq!(tenant(), None);
            of("deep").enter(|| assert_eq!(tenant().as_deref(), Some("deep")));
            assert_eq!(tenant(), None);
        });
        assert_eq!(tenant().as_deref(), Some("outer"));
    });
    assert_eq!(Context::current(), Context::default());
}

#[test]
fn the_one_before_comes_back_after_a_panic() {
    of("outer").enter(|| {
        for inner in [of("inner"), Context::default()] {
            assert!(catch_unwind(AssertUnwindSafe(|| inner.enter(|| panic!("torn")))).is_err());
            assert_eq!(tenant().as_deref(), Some("outer"));
        }
    });
    assert!(catch_unwind(|| of("inner").enter(|| panic!("torn"))).is_err());
    assert_eq!(tenant(), None);
}

#[test]
fn a_scope_holds_over_every_poll_and_is_left_between_them() {
    let mut work = pin!(of("inner").scope(tenants_around_a_wait()));
    of("outer").enter(|| {
        assert!(poll(work.as_mut()).is_pending());
        assert_eq!(tenant().as_deref(), Some("outer"));
    });
    assert_eq!(tenant(), None);
    let inner = Some("inner".to_owned());
    assert_eq!(poll(work), Poll::Ready((inner.clone(), inner)));
}

#[test]
fn a_scope_of_nothing_hides_what_is_around_it() {
    let mut work = pin!(Context::default().scope(tenants_around_a_wait()));
    of("outer").enter(|| {
        assert!(poll(work.as_mut()).is_pending());
        assert_eq!(poll(work.as_mut()), Poll::Ready((None, None)));
        assert_eq!(tenant().as_deref(), Some("outer"));
    });
}

#[test]
fn a_scoped_future_that_moves_to_another_thread_still_sees_its_context() {
    let mut work = Box::pin(of("inner").scope(tenants_around_a_wait()));
    assert!(poll(work.as_mut()).is_pending());
    let moved = thread::spawn(move || (poll(work.as_mut()), tenant()));
    let inner = Some("inner".to_owned());
    assert_eq!(moved.join().unwrap(), (Poll::Ready((inner.clone(), inner)), None));
}

#[test]
fn a_scope_whose_future_panics_leaves_the_context_before_and_keeps_its_own() {
    let (dropped, seen) = mpsc::sync_channel(1);
    let witness = Witness(dropped);
    let torn = std::future::poll_fn(move |_| -> Poll<()> {
        let _held = &witness;
        panic!("torn")
    });
    let mut work = Box::pin(of("inner").scope(torn));
    of("outer").enter(|| {
        assert!(catch_unwind(AssertUnwindSafe(|| poll(work.as_mut()))).is_err());
        assert_eq!(tenant().as_deref(), Some("outer"));
        drop(work);
        assert_eq!(tenant().as_deref(), Some("outer"));
    });
    assert_eq!(seen.recv().unwrap().as_deref(), Some("inner"));
}

#[test]
fn work_that_is_cancelled_is_dropped_in_its_own_scope() {
    let (dropped, seen) = mpsc::sync_channel(1);
    let witness = Witness(dropped);
    let work = of("inner").scope(async move { drop(witness) });
    of("outer").enter(|| drop(work));
    assert_eq!(seen.recv().unwrap().as_deref(), Some("inner"));
}

#[test]
fn a_scoped_actor_future_sees_its_context_and_the_actor() {
    struct Counter(u32);
    impl Actor for Counter {
        #[expect(
            clippy::disallowed_types,
            reason = "the future is polled by hand, and no actor is started"
        )]
        type Context = actix::Context<Self>;
    }
    struct Step;
    impl ActorFuture<Counter> for Step {
        type Output = Option<String>;
        fn poll(
            self: Pin<&mut Self>,
            actor: &mut Counter,
            _: &mut <Counter as Actor>::Context,
            _: &mut task::Context<'_>,
        ) -> Poll<Self::Output> {
            actor.0 += 1;
            Poll::Ready(tenant())
        }
    }
    let mut actor = Counter(0);
    let mut context = <Counter as Actor>::Context::new();
    let work = pin!(of("inner").scope(Step));
    let mut task = task::Context::from_waker(Waker::noop());
    let seen = ActorFuture::poll(work, &mut actor, &mut context, &mut task);
    assert_eq!((seen, actor.0), (Poll::Ready(Some("inner".to_owned())), 1));
    assert_eq!(tenant(), None);
}

#[test]
fn a_thread_that_is_ending_can_still_run_work() {
    struct Last(mpsc::SyncSender<Option<String>>);
    impl Drop for Last {
        fn drop(&mut self) {
            of("late").enter(|| ());
            let _ = self.0.send(tenant());
        }
    }
    thread_local! {
        static LAST: std::cell::RefCell<Option<Last>> = const { std::cell::RefCell::new(None) };
    }
    let (ended, seen) = mpsc::sync_channel(1);
    let thread = thread::spawn(move || {
        LAST.with(|last| *last.borrow_mut() = Some(Last(ended)));
        of("early").enter(|| assert_eq!(tenant().as_deref(), Some("early")));
    });
    thread.join().unwrap();
    assert_eq!(seen.recv().unwrap(), None);
}

#[test]
fn an_id_of_zeros_is_no_trace_and_a_span_below_keeps_trace_and_flags() {
    assert_eq!(Trace::new([0; 16], [1; 8], 0), None);
    assert_eq!(Trace::new([1; 16], [0; 8], 0), None);
    let trace = Trace::new([1; 16], [2; 8], 0xff).unwrap();
    assert_eq!(trace.child([0; 8]), None);
    let below = trace.child([3; 8]).unwrap();
    let parts = (below.trace_id(), below.span_id(), below.flags());
    assert_eq!(parts, ([1; 16], [3; 8], 0xff));
    assert!(below.is_sampled());
    assert!(!Trace::new([1; 16], [2; 8], 0xfe).unwrap().is_sampled());
}

#[test]
fn a_trace_is_shown_in_hexadecimal() {
    let trace = Trace::new([0x0a; 16], [0x0b; 8], 1).unwrap();
    let shown = "Trace(0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a-0b0b0b0b0b0b0b0b-01)";
    assert_eq!(format!("{trace:?}"), shown);
}
