//! A global factory, from its first use to its stop.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use futures_util::future::join_all;
use hedgerow_supervisor::{Clock, Context, Sampling, SpanStatus, Spans, Trace};

use super::site::{Goes, Script, Site, Thing, is_pending, scripted, site};
use crate::factory::{FactoryHandle, FactoryScope, FactorySlo, Standing};
use crate::paused::{idle, pass_until, run, until};

async fn number(factory: &FactoryHandle<Thing>) -> usize {
    factory.lease().await.unwrap().0
}

async fn global() -> Site {
    site(FactoryScope::Global, |_| {}).await
}

#[test]
fn nothing_is_made_before_its_first_use_and_one_thing_for_all_uses() {
    run(async {
        let site = global().await;
        idle().await;
        assert_eq!(site.script.begun(), 0);
        for _ in 0..10 {
            assert_eq!(number(&site.factory).await, 1);
        }
        assert_eq!(site.script.begun(), 1);
        let view = site.view();
        assert_eq!((view.there, view.leased, view.waited, view.made), (1, 10, 1, 1));
        site.tree.stop().await;
    });
}

#[test]
fn first_uses_at_once_share_one_attempt_whoever_of_them_goes_away() {
    run(async {
        let site = global().await;
        site.script.hold();
        let mut first = Box::pin(site.factory.lease());
        assert!(is_pending(&mut first).await);
        let others = join_all((0..50).map(|_| site.factory.lease()));
        let mut others = Box::pin(others);
        assert!(is_pending(&mut others).await);
        until(|| site.script.begun() == 1).await;
        // Who began it goes away.
        drop(first);
        idle().await;
        site.script.gate.add_permits(1);
        let leased = others.await;
        assert!(leased.into_iter().all(|lease| lease.unwrap().0 == 1));
        assert_eq!(site.script.begun(), 1);
        site.tree.stop().await;
    });
}

#[test]
fn an_attempt_runs_under_the_context_of_who_began_it() {
    run(async {
        let site = global().await;
        let trace = Trace::from_traceparent(b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        let context = Context::default()
            .with_tenant("acme")
            .with_trace(trace.unwrap())
            .with_deadline_in(Duration::from_secs(3));
        let lease = context.clone().scope(site.factory.lease()).await.unwrap();
        assert_eq!(*site.script.contexts.lock().unwrap(), [context]);
        assert_eq!(lease.sla().trace, trace);
        drop(lease);
        site.tree.stop().await;
    });
}

#[test]
fn an_attempt_is_a_span_below_that_of_who_began_it_and_the_waits_of_others_are_linked_to_it() {
    run(async {
        let site = global().await;
        site.script.goes(&[Goes::Fails]);
        let spans = Spans::new(Clock::start(), Sampling::share(1.0));
        let root = |name| spans.root(Trace::fresh(Trace::SAMPLED), None, name);
        let (first, other) = (root("first"), root("other"));
        let (place, place_of_other) = (first.trace().unwrap(), other.trace().unwrap());
        let both = join_all([
            first.scope(site.factory.lease()),
            other.scope(site.factory.lease()),
        ]);
        assert!(both.await.iter().all(Result::is_err));
        let drained = spans.drain().spans;
        let made: Vec<_> = drained.iter().filter(|span| span.name() == "make").collect();
        let [made] = made[..] else { panic!("{drained:?}") };
        assert_eq!(made.parent(), Some(place.span_id()));
        assert_eq!(made.trace().trace_id(), place.trace_id());
        assert_eq!(made.status(), SpanStatus::Error);
        assert_eq!(made.attribute("error.type").unwrap().to_string(), "made");
        let waits: Vec<_> = drained
            .iter()
            .filter(|span| span.name() == "factory wait")
            .collect();
        let [wait] = waits[..] else { panic!("{drained:?}") };
        assert_eq!(wait.parent(), Some(place_of_other.span_id()));
        assert_eq!(wait.link().unwrap().trace, made.trace());
        assert_eq!(wait.attribute("hedgerow.cancelled"), None);
        site.tree.stop().await;
    });
}

#[test]
fn while_a_back_off_is_on_callers_are_refused_at_once_with_why_and_when() {
    run(async {
        let site = global().await;
        site.script.goes(&[Goes::Fails, Goes::Fails]);
        let refusal = site.factory.lease().await.unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "ledger; rule=made; limit=1; observed=connection refused"
        );
        let after = refusal.retry_after.unwrap();
        assert!(
            after <= Duration::from_millis(100) && after > Duration::ZERO,
            "{after:?}"
        );
        for _ in 0..20 {
            assert_eq!(site.factory.lease().await.unwrap_err().rule, "made");
        }
        assert_eq!(site.script.begun(), 1);
        assert_eq!(site.view().resting, 1);
        tokio::time::advance(after).await;
        assert!(site.factory.lease().await.is_err());
        assert_eq!(site.script.begun(), 2);
        tokio::time::advance(Duration::from_millis(200)).await;
        assert_eq!(number(&site.factory).await, 3);
        assert_eq!(site.told("factoryFailed"), ["not made: connection refused"]);
        assert_eq!(site.told("factoryMade").len(), 1);
        site.tree.stop().await;
    });
}

#[test]
fn who_may_wait_waits_through_back_offs_and_no_longer_than_that() {
    run(async {
        let site = global().await;
        site.script.goes(&[Goes::Fails, Goes::Fails, Goes::Fails]);
        let mut patient = Box::pin(site.factory.lease_within(Duration::from_secs(10)));
        while is_pending(&mut patient).await {
            if site.script.begun() == 4 {
                break;
            }
            tokio::time::advance(Duration::from_millis(10)).await;
        }
        drop(patient);
        assert_eq!(number(&site.factory).await, 4);

        let lease = site.factory.lease().await.unwrap();
        lease.invalidate("broken pipe");
        site.script.goes(&[Goes::Fails]);
        // Less than the least back-off: it is not waited for in vain.
        let refusal = site.factory.lease_within(Duration::from_millis(10)).await;
        assert_eq!(refusal.unwrap_err().rule, "made");
        site.tree.stop().await;
    });
}

#[test]
fn an_attempt_that_takes_too_long_or_panics_has_failed() {
    run(async {
        let site = global().await;
        site.script.goes(&[Goes::Hangs, Goes::Panics]);
        let mut waits = Box::pin(site.factory.lease());
        assert!(is_pending(&mut waits).await);
        until(|| site.script.begun() == 1).await;
        tokio::time::advance(Duration::from_secs(10)).await;
        assert_eq!(
            waits.await.unwrap_err().observed,
            "it was not made within 10000 ms"
        );
        tokio::time::advance(Duration::from_secs(1)).await;
        let refusal = site.factory.lease().await.unwrap_err();
        assert_eq!(refusal.observed, "making it panicked: the wire is on fire");
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(number(&site.factory).await, 3);
        site.tree.stop().await;
    });
}

#[test]
fn who_has_a_deadline_waits_no_longer_and_the_attempt_goes_on() {
    run(async {
        let site = global().await;
        site.script.hold();
        let context = Context::default().with_deadline_in(Duration::from_millis(50));
        let mut waits = Box::pin(context.scope(site.factory.lease()));
        assert!(is_pending(&mut waits).await);
        until(|| site.script.begun() == 1).await;
        tokio::time::advance(Duration::from_millis(50)).await;
        let refusal = waits.await.unwrap_err();
        assert_eq!(
            (refusal.rule.as_str(), refusal.limit.as_str()),
            ("deadline", "50 ms")
        );
        site.script.gate.add_permits(1);
        assert_eq!(number(&site.factory).await, 1);
        site.tree.stop().await;
    });
}

#[test]
fn what_is_called_broken_is_made_anew_and_closed_once_nobody_has_it() {
    run(async {
        let site = global().await;
        let (kept, broken) = (
            site.factory.lease().await.unwrap(),
            site.factory.lease().await.unwrap(),
        );
        broken.invalidate("broken pipe");
        assert_eq!(number(&site.factory).await, 2);
        idle().await;
        assert_eq!((site.script.closed(), kept.0), (vec![], 1));
        // It is known by now.
        kept.invalidate("broken pipe");
        until(|| site.script.closed() == [1]).await;
        assert_eq!(number(&site.factory).await, 2);
        assert_eq!(site.told("factoryTakenAway"), ["taken away: broken pipe"]);
        assert_eq!((site.view().invalidated, site.view().open), (1, 1));
        site.tree.stop().await;
    });
}

#[test]
fn what_is_reset_goes_on_and_where_that_fails_another_is_made() {
    run(async {
        let site = global().await;
        site.factory.lease().await.unwrap().reset();
        assert_eq!(number(&site.factory).await, 1);
        assert_eq!((site.script.begun(), site.script.closed()), (1, vec![]));
        tokio::time::advance(Duration::from_secs(60)).await;
        *site.script.is_reset_well.lock().unwrap() = false;
        site.factory.lease().await.unwrap().reset();
        assert_eq!(number(&site.factory).await, 2);
        until(|| site.script.closed() == [1]).await;
        assert_eq!(*site.script.resets.lock().unwrap(), [1, 1]);
        site.tree.stop().await;
    });
}

#[test]
fn what_is_too_old_is_closed_and_made_anew_by_the_next_use() {
    run(async {
        let life = Duration::from_secs(60);
        let site = site(FactoryScope::Global, |policy| policy.max_life = Some(life)).await;
        assert_eq!(number(&site.factory).await, 1);
        pass_until(|| site.script.closed() == [1]).await;
        assert_eq!((site.script.begun(), site.view().there), (1, 0));
        assert_eq!(number(&site.factory).await, 2);
        assert_eq!(site.told("factoryExpired").len(), 1);
        site.tree.stop().await;
    });
}

#[test]
fn a_stop_closes_what_was_made_and_nothing_is_made_any_more() {
    run(async {
        let site = global().await;
        assert_eq!(number(&site.factory).await, 1);
        site.tree.stop().await;
        assert_eq!(site.script.closed(), [1]);
        assert_eq!(site.factory.lease().await.unwrap_err().rule, "stopped");
    });
}

#[test]
fn a_lease_tells_whether_it_was_made_as_promised() {
    run(async {
        let site = global().await;
        let sla = site.factory.lease().await.unwrap().sla();
        assert_eq!((sla.scope, sla.standing), (FactoryScope::Global, Standing::Met));
        assert_eq!(sla.standing.name(), "met");
        tokio::time::advance(Duration::from_secs(7)).await;
        assert_eq!(site.factory.lease().await.unwrap().sla().age.as_secs(), 7);
        site.script.hold();
        site.factory.lease().await.unwrap().invalidate("broken pipe");
        let mut late = Box::pin(site.factory.lease());
        assert!(is_pending(&mut late).await);
        until(|| site.script.begun() == 2).await;
        tokio::time::advance(Duration::from_millis(801)).await;
        site.script.gate.add_permits(1);
        let sla = late.await.unwrap().sla();
        assert_eq!(
            (sla.standing, sla.cold_start.as_millis()),
            (Standing::Breached, 801)
        );
        site.tree.stop().await;
    });
}

#[test]
fn that_the_objective_is_broken_is_told_and_that_it_is_kept_again() {
    run(async {
        let slo = FactorySlo {
            window: Duration::from_secs(60),
            ..FactorySlo::of(FactoryScope::Global)
        };
        let site = site(FactoryScope::Global, |policy| policy.slo = slo).await;
        site.script.goes(&[Goes::Fails]);
        assert!(site.factory.lease().await.is_err());
        until(|| !site.told("factorySloBreached").is_empty()).await;
        assert_eq!(
            site.told("factorySloBreached"),
            ["99.95 % of first attempts succeed within 800 ms: observed 0 % of 1"]
        );
        assert!(site.view().slo.breached);
        pass_until(|| !site.told("factorySloKept").is_empty()).await;
        assert!(!site.view().slo.breached);
        site.tree.stop().await;
    });
}

#[test]
fn what_is_required_is_made_without_a_caller_and_awaited_until_then() {
    run(async {
        let script = Script::new();
        script.goes(&[Goes::Fails, Goes::Fails]);
        script.hold();
        let site = scripted(script, FactoryScope::Global, |policy| policy.required = true).await;
        let why = || site.view().awaited().unwrap_or_default();
        assert_eq!(why(), "could not be made yet: no attempt has ended yet");
        site.script.gate.add_permits(1);
        until(|| why() == "could not be made yet: connection refused").await;
        site.script.gate.add_permits(10);
        pass_until(|| site.view().awaited().is_none()).await;
        assert_eq!(site.script.begun(), 3);
        // It was made once: what becomes of it later keeps nobody waiting.
        site.factory.lease().await.unwrap().invalidate("broken pipe");
        idle().await;
        assert_eq!((site.view().awaited(), site.script.begun()), (None, 3));
        site.tree.stop().await;
    });
}

#[test]
fn an_actor_that_is_started_again_begins_with_nothing_after_an_order_to_stop() {
    run(async {
        let site = global().await;
        assert_eq!(number(&site.factory).await, 1);
        let path = site.view().path.clone();
        let directory = site.tree.directory().clone();
        directory
            .operate(&path, hedgerow_supervisor::Order::Restart)
            .await
            .unwrap();
        until(|| site.script.closed() == [1]).await;
        let mut leased = site.factory.lease().await;
        while leased.is_err() {
            idle().await;
            leased = site.factory.lease().await;
        }
        assert_eq!(leased.unwrap().0, 2);
        site.tree.stop().await;
    });
}
