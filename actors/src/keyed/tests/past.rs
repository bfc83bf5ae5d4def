//! What is kept of keys over the end of the process.

use super::*;
use crate::breaker::Instruction;

#[test]
fn an_open_key_is_open_from_the_first_call_of_the_next_life_and_a_closed_one_has_no_breaker() {
    run(async {
        let dir = tempfile::tempdir().unwrap();
        let first = site_of(policy(), KeyLimits::default(), Store::open(dir.path())).await;
        first.fail("acme", 3);
        first.fail("globex", 1);
        first.until_it_is("acme", State::Open).await;
        first.until(|| first.breaker("globex").is_some()).await;
        first.stop().await.close();

        let second = site_of(policy(), KeyLimits::default(), Store::open(dir.path())).await;
        assert!(second.is_refused("acme"));
        assert_eq!(second.in_the_tree(), ["payments/tenant/acme"]);
        assert!(!second.is_refused("globex"));
        assert_eq!(second.view().keys, 2);
        second.stop().await.close();
    });
}

#[test]
fn a_key_that_was_never_called_is_forced_open_and_stays_so_with_its_author() {
    run(async {
        let store = Store::memory();
        let first = site_of(policy(), KeyLimits::default(), store.clone()).await;
        let forced = first
            .keyed
            .instruct("acme", Instruction::ForceOpen, "ann")
            .await
            .unwrap();
        assert_eq!(forced.unwrap().author.as_deref(), Some("ann"));
        first.after(Duration::from_secs(4)).await;
        assert!(first.is_refused("acme"));
        first.stop().await;

        let second = site_of(policy(), KeyLimits::default(), store).await;
        let refusal = second.keyed.acquire("acme").unwrap_err();
        assert_eq!(
            (refusal.rule.as_str(), refusal.observed.as_str()),
            ("operator", "ann")
        );
        second
            .keyed
            .instruct("acme", Instruction::Close, "bob")
            .await
            .unwrap();
        assert!(!second.is_refused("acme"));
        second.stop().await;
    });
}

#[test]
fn the_breaker_that_the_rest_share_comes_back_too() {
    run(async {
        let store = Store::memory();
        let first = site_of(policy(), KeyLimits::default(), store.clone()).await;
        first.fail("", 3);
        first.until_it_is("", State::Open).await;
        first
            .until(|| first.in_the_tree() == ["payments/others/tenant"])
            .await;
        first.stop().await;
        let second = site_of(policy(), KeyLimits::default(), store).await;
        assert!(second.is_refused(""));
        second.stop().await;
    });
}

#[test]
fn an_instruction_for_a_key_without_room_says_so() {
    run(async {
        let site = site_of(policy(), at_most(1), Store::memory()).await;
        let _held = site.keyed.acquire("acme").unwrap();
        let error = site
            .keyed
            .instruct("globex", Instruction::ForceOpen, "ann")
            .await
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "no breaker for the key `globex`: 1 of at most 1 keys have a place"
        );
        site.stop().await;
    });
}

#[test]
fn the_open_time_goes_on_growing_after_a_rest() {
    run(async {
        let growing = BreakerPolicy {
            open_for: OpenFor {
                initial: Duration::from_secs(1),
                max: Duration::from_secs(600),
                jitter: 0.0,
            },
            ..policy()
        };
        let site = site_of(growing, KeyLimits::default(), Store::memory()).await;
        for expected in ["1", "2", "4"] {
            site.fail("acme", 3);
            site.until_it_is("acme", State::Open).await;
            let refusal = site.keyed.acquire("acme").unwrap_err();
            let seconds = refusal.retry_after.unwrap().as_secs_f64().ceil().to_string();
            assert_eq!(seconds, expected);
            site.until_it_is("acme", State::HalfOpen).await;
            site.call("acme", Permit::success);
            site.call("acme", Permit::success);
            site.until_it_is("acme", State::Closed).await;
            site.until(|| site.view().breakers == 0 && site.in_the_tree().is_empty())
                .await;
        }
        site.stop().await;
    });
}
