//! From the first call of a key to the breaker it is given, and back.

use super::*;

#[test]
fn a_key_that_is_well_has_no_breaker() {
    run(async {
        let site = site().await;
        for _ in 0..100 {
            site.call("acme", Permit::success);
        }
        site.after(Duration::from_secs(3)).await;
        assert_eq!((site.view().keys, site.view().breakers), (1, 0));
        assert_eq!(site.in_the_tree(), [""; 0]);
        assert_eq!(site.keyed.family.place("acme").owner.sums().successes, 100);
        site.stop().await;
    });
}

#[test]
fn the_failures_of_a_key_open_its_breaker_and_no_other_one() {
    run(async {
        let site = site().await;
        site.fail("acme", 3);
        assert!(site.is_refused("acme"), "by the fence, before anybody has looked");
        site.until_it_is("acme", State::Open).await;
        let refusal = site.keyed.acquire("acme").unwrap_err();
        assert_eq!(refusal.id, "payments/tenant/acme");
        assert_eq!(
            (refusal.rule.as_str(), refusal.observed.as_str()),
            ("consecutiveFailures", "3")
        );
        assert!(!site.is_refused("globex"));
        site.until(|| site.in_the_tree() == ["payments/tenant/acme"])
            .await;
        let is_told = |event: &hedgerow_view::Event| {
            let id = event.id.as_ref().map(ToString::to_string);
            event.kind == "breakerTransition" && id.as_deref() == Some("payments/tenant/acme")
        };
        site.until(|| site.events.since(0).iter().any(|event| is_told(event)))
            .await;
        site.stop().await;
    });
}

#[test]
fn one_bad_call_brings_a_breaker_that_goes_once_its_window_holds_it_no_more() {
    run(async {
        let site = site().await;
        site.fail("acme", 1);
        site.until(|| site.view().breakers == 1).await;
        assert_eq!(site.state("acme"), State::Closed);
        site.after(Duration::from_millis(800)).await;
        assert_eq!(site.view().breakers, 1, "the window is a second long");
        site.until(|| site.in_the_tree().is_empty() && site.view().breakers == 0)
            .await;
        let of_its_child =
            |event: &hedgerow_view::Event| event.kind.starts_with("child") && event.id.is_some();
        assert!(
            !site.events.since(0).iter().any(|event| of_its_child(event)),
            "it came and went in silence"
        );

        // And all begins anew: the run of failures went on meanwhile.
        site.fail("acme", 2);
        assert!(site.is_refused("acme"));
        site.until_it_is("acme", State::Open).await;
        site.stop().await;
    });
}

#[test]
fn a_busy_key_loses_its_breaker_as_well_once_its_calls_are_good() {
    run(async {
        let site = site().await;
        site.fail("acme", 1);
        site.until(|| site.view().breakers == 1).await;
        site.until(|| {
            site.call("acme", Permit::success);
            site.view().breakers == 0 && site.in_the_tree().is_empty()
        })
        .await;
        site.stop().await;
    });
}

#[test]
fn a_rate_is_taken_from_the_first_bad_call_on() {
    run(async {
        let by_rate = BreakerPolicy {
            consecutive_failures: None,
            failure_rate: Some(0.5),
            min_calls: 20,
            ..policy()
        };
        let site = site_of(by_rate, KeyLimits::default(), Store::memory()).await;
        for _ in 0..10_000 {
            site.call("acme", Permit::success);
        }
        site.fail("acme", 1);
        site.until(|| site.view().breakers == 1).await;
        for _ in 0..10 {
            site.call("acme", Permit::success);
        }
        site.fail("acme", 8);
        site.after(Duration::from_millis(500)).await;
        assert_eq!(site.state("acme"), State::Closed, "9 of 19 calls");
        site.fail("acme", 1);
        site.until_it_is("acme", State::Open).await;
        let refusal = site.keyed.acquire("acme").unwrap_err();
        assert_eq!(
            (refusal.rule.as_str(), refusal.observed.as_str()),
            ("failureRate", "50 % of 20 calls")
        );
        site.stop().await;
    });
}

#[test]
fn a_call_through_it_is_guarded_measured_and_reported() {
    run(async {
        let site = site().await;
        for _ in 0..3 {
            let failed = site.keyed.call("acme", async || Err::<(), _>("no")).await;
            assert_eq!(failed, Err(crate::CallError::Failed("no")));
        }
        let refused = site.keyed.call("acme", async || Ok::<_, &str>(1)).await;
        assert!(
            matches!(refused, Err(crate::CallError::Refused(_))),
            "{refused:?}"
        );
        assert_eq!(site.keyed.call("globex", async || Ok::<_, &str>(1)).await, Ok(1));
        site.stop().await;
    });
}

#[test]
fn nothing_is_lost_while_the_keeper_is_down_and_an_open_key_stays_open() {
    run(async {
        let site = site().await;
        site.fail("acme", 3);
        site.until_it_is("acme", State::Open).await;
        let keeper = path().child("keeper");
        let directory = site.tree.directory();
        directory.operate(&keeper, Order::Stop).await.unwrap();
        site.fail("globex", 1);
        site.fail("initech", 3);
        assert!(site.is_refused("acme"));
        directory.operate(&keeper, Order::Start).await.unwrap();
        site.until_it_is("initech", State::Open).await;
        site.until(|| site.breaker("globex").is_some()).await;
        assert_eq!(site.state("acme"), State::Open);
        site.until(|| site.in_the_tree().len() == 3).await;
        site.stop().await;
    });
}

#[test]
fn a_breaker_that_was_left_behind_by_a_keeper_that_fell_is_taken_over() {
    run(async {
        let site = site().await;
        site.fail("acme", 3);
        site.until_it_is("acme", State::Open).await;
        site.restart_keeper().await;
        site.until(|| site.in_the_tree() == ["payments/tenant/acme"] && site.breaker("acme").is_some())
            .await;
        assert_eq!(site.state("acme"), State::Open);
        let closed = site
            .keyed
            .instruct("acme", crate::breaker::Instruction::Close, "ann")
            .await;
        assert!(closed.unwrap().is_some());
        assert!(!site.is_refused("acme"));
        site.stop().await;
    });
}

#[test]
fn another_policy_holds_for_keys_with_and_without_a_breaker() {
    run(async {
        let site = site().await;
        site.call("globex", Permit::success);
        site.fail("acme", 1);
        site.until(|| site.view().breakers == 1).await;
        let stricter = BreakerPolicy {
            consecutive_failures: Some(2),
            ..policy()
        };
        site.keyed.retune(stricter).await.unwrap();
        site.fail("acme", 1);
        site.until_it_is("acme", State::Open).await;
        site.fail("globex", 2);
        site.until_it_is("globex", State::Open).await;
        site.fail("initech", 2);
        site.until_it_is("initech", State::Open).await;
        site.stop().await;
    });
}
