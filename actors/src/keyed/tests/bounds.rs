//! How many keys there are, and which are dropped.

use super::*;

#[test]
fn keys_beyond_the_most_share_one_breaker_and_it_is_said() {
    run(async {
        let site = site_of(policy(), at_most(2), Store::memory()).await;
        // Held, so that no sweep makes room.
        let _held = [
            site.keyed.acquire("acme").unwrap(),
            site.keyed.acquire("globex").unwrap(),
        ];
        site.fail("initech", 2);
        site.fail("hooli", 1);
        assert!(site.is_refused("a third one"), "they share the run");
        assert!(!site.is_refused("acme"));
        assert_eq!((site.view().keys, site.view().turned_away), (2, 4));
        site.until(|| site.in_the_tree() == ["payments/others/tenant"])
            .await;
        let refusal = site.keyed.acquire("a third one").unwrap_err();
        assert_eq!(refusal.id, "payments/others/tenant");
        site.until(|| {
            site.events
                .since(0)
                .iter()
                .any(|event| event.kind == "keysExhausted")
        })
        .await;
        site.stop().await;
    });
}

#[test]
fn where_there_is_no_room_keys_without_calls_are_dropped_at_once() {
    run(async {
        let site = site_of(policy(), at_most(2), Store::memory()).await;
        site.call("acme", Permit::success);
        site.call("globex", Permit::success);
        site.until(|| {
            site.call("globex", Permit::success);
            site.call("initech", Permit::success);
            site.keyed.family.place("initech").key.as_ref() == "initech"
        })
        .await;
        assert_eq!(site.view().keys, 2);
        assert_eq!(
            &*site.keyed.family.place("globex").key,
            "globex",
            "it had calls all the time"
        );
        site.stop().await;
    });
}

#[test]
fn calls_without_a_key_and_with_one_that_is_too_long_share_that_breaker_too() {
    run(async {
        let site = site().await;
        site.fail("", 1);
        site.fail(&"x".repeat(super::super::LONGEST_KEY + 1), 1);
        site.fail("(others)", 1);
        assert!(site.is_refused(""));
        assert_eq!(site.view().keys, 0);
        site.stop().await;
    });
}

#[test]
fn a_key_of_the_longest_length_has_a_breaker_of_its_own_whatever_is_in_it() {
    run(async {
        let site = site().await;
        let key = "/%\u{7f}".repeat(85) + "/";
        assert_eq!(key.len(), super::super::LONGEST_KEY);
        site.fail(&key, 3);
        site.until_it_is(&key, State::Open).await;
        site.until(|| site.in_the_tree().len() == 1).await;
        site.stop().await;
    });
}

#[test]
fn an_idle_key_is_dropped_and_its_record_with_it() {
    run(async {
        let policy = BreakerPolicy {
            open_for: OpenFor::fixed(Duration::from_secs(1)),
            ..policy()
        };
        let limits = KeyLimits {
            idle_for: Duration::from_secs(5),
            ..KeyLimits::default()
        };
        let site = site_of(policy, limits, Store::memory()).await;
        let prefix = hedgerow_store::Prefix::name("breaker", "payments");
        site.fail("acme", 3);
        site.until_it_is("acme", State::Open).await;
        site.until_it_is("acme", State::HalfOpen).await;
        site.call("acme", Permit::success);
        site.call("acme", Permit::success);
        site.until_it_is("acme", State::Closed).await;
        site.until(|| site.view().breakers == 0).await;
        site.until(|| site.in_the_tree().is_empty()).await;
        assert_eq!(
            site.store.scan(&prefix).await.unwrap().records.len(),
            1,
            "it has a past"
        );
        site.until(|| site.view().keys == 0).await;
        while !site.store.scan(&prefix).await.unwrap().records.is_empty() {
            tokio::task::yield_now().await;
        }
        site.stop().await;
    });
}

#[test]
fn a_key_that_never_moved_leaves_no_record() {
    run(async {
        let site = site().await;
        let prefix = hedgerow_store::Prefix::name("breaker", "payments");
        site.fail("acme", 1);
        site.until(|| site.view().breakers == 1).await;
        site.until(|| site.view().breakers == 0 && site.in_the_tree().is_empty())
            .await;
        while !site.store.scan(&prefix).await.unwrap().records.is_empty() {
            tokio::task::yield_now().await;
        }
        site.stop().await;
    });
}

#[test]
fn a_key_that_is_open_or_has_a_call_under_way_is_not_dropped() {
    run(async {
        let limits = KeyLimits {
            idle_for: Duration::from_secs(1),
            ..KeyLimits::default()
        };
        let site = site_of(policy(), limits, Store::memory()).await;
        site.fail("acme", 3);
        site.until_it_is("acme", State::Open).await;
        let under_way = site.keyed.acquire("globex").unwrap();
        site.after(Duration::from_secs(4)).await;
        assert_eq!(site.view().keys, 2);
        assert_eq!(site.state("acme"), State::Open);
        under_way.failure();
        site.until(|| site.breaker("globex").is_some()).await;
        site.stop().await;
    });
}

#[test]
fn a_key_that_was_dropped_under_a_caller_is_taken_back_when_its_call_was_bad() {
    run(async {
        let site = site().await;
        let permit = site.keyed.acquire("acme").unwrap();
        site.keyed.family.drop_place("acme");
        assert_eq!(site.view().keys, 0);
        permit.failure();
        site.until(|| site.view().keys == 1 && site.breaker("acme").is_some())
            .await;
        site.fail("acme", 2);
        site.until_it_is("acme", State::Open).await;
        site.stop().await;
    });
}
