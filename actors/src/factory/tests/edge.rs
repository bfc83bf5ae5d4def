//! A factory that makes one thing for each key.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use hedgerow_supervisor::Context;

use super::site::{Goes, site};
use crate::factory::{FactoryPolicy, FactoryScope};
use crate::paused::{pass_until, run, until};

#[test]
fn each_key_has_a_thing_of_its_own() {
    run(async {
        let site = site(FactoryScope::Edge, |_| {}).await;
        assert_eq!(site.factory.lease_for("acme").await.unwrap().0, 1);
        assert_eq!(site.factory.lease_for("umbra").await.unwrap().0, 2);
        assert_eq!(site.factory.lease_for("acme").await.unwrap().0, 1);
        // Without a key it is the tenant's.
        let tenant = Context::default().with_tenant("umbra");
        assert_eq!(tenant.scope(site.factory.lease()).await.unwrap().0, 2);
        let refusal = site.factory.lease().await.unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "ledger; rule=key; limit=a tenant, or `lease_for` a key; observed=none"
        );
        assert_eq!(site.view().there, 2);
        site.tree.stop().await;
        let mut closed = site.script.closed();
        closed.sort_unstable();
        assert_eq!(closed, [1, 2]);
    });
}

#[test]
fn a_key_that_fails_makes_no_other_one_wait() {
    run(async {
        let site = site(FactoryScope::Edge, |_| {}).await;
        site.script.goes(&[Goes::Fails]);
        let refusal = site.factory.lease_for("acme").await.unwrap_err();
        assert_eq!(
            (refusal.id.as_str(), refusal.rule.as_str()),
            ("ledger/key/acme", "made")
        );
        assert_eq!(site.factory.lease_for("umbra").await.unwrap().0, 2);
        assert_eq!(
            site.told("factoryFailed"),
            ["key acme: not made: connection refused"]
        );
        site.tree.stop().await;
    });
}

#[test]
fn there_are_so_many_keys_and_those_without_a_use_make_room() {
    run(async {
        let site = site(FactoryScope::Edge, |policy| {
            policy.keys.max_keys = 2;
            policy.keys.idle_for = Duration::from_secs(60);
        })
        .await;
        for key in ["a", "b"] {
            site.factory.lease_for(key).await.unwrap();
        }
        let refusal = site.factory.lease_for("c").await.unwrap_err();
        assert_eq!((refusal.rule.as_str(), refusal.limit.as_str()), ("maxKeys", "2"));
        // One is in use all the time: without the rest of it there is never a second use.
        let mut used = 0_u32;
        while site.script.closed().is_empty() {
            assert_eq!(site.factory.lease_for("a").await.unwrap().0, 1);
            used += 1;
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        assert!((60..=125).contains(&used), "{used} s");
        assert_eq!(site.script.closed(), [2]);
        assert_eq!(site.factory.lease_for("c").await.unwrap().0, 3);
        assert_eq!(site.view().unused, 1);
        site.tree.stop().await;
    });
}

#[test]
fn a_key_whose_thing_could_not_be_made_makes_room_as_well() {
    run(async {
        let site = site(FactoryScope::Edge, |policy| {
            policy.keys.max_keys = 1;
            policy.keys.idle_for = Duration::from_secs(60);
        })
        .await;
        site.script.goes(&[Goes::Fails]);
        assert!(site.factory.lease_for("a").await.is_err());
        assert_eq!(site.factory.lease_for("b").await.unwrap_err().rule, "maxKeys");
        pass_until(|| site.view().resting == 0 && site.factory.slot.places().is_empty()).await;
        assert_eq!(site.factory.lease_for("b").await.unwrap().0, 2);
        site.tree.stop().await;
    });
}

#[test]
fn a_lease_is_good_though_its_key_is_gone() {
    run(async {
        let site = site(FactoryScope::Edge, |policy| {
            policy.keys.idle_for = Duration::from_secs(60);
        })
        .await;
        let kept = site.factory.lease_for("a").await.unwrap();
        pass_until(|| site.view().unused == 1).await;
        assert_eq!((kept.0, site.script.closed()), (1, vec![]));
        assert_eq!(site.factory.lease_for("a").await.unwrap().0, 2);
        kept.invalidate("it is of another life");
        until(|| site.script.closed() == [1]).await;
        assert_eq!(site.factory.lease_for("a").await.unwrap().0, 2);
        site.tree.stop().await;
    });
}

#[test]
fn a_policy_that_makes_no_sense_is_told() {
    let mut policy = FactoryPolicy::of(FactoryScope::Edge);
    assert_eq!(policy.check(), Ok(()));
    policy.required = true;
    policy.timeout = Duration::ZERO;
    policy.backoff.initial = Duration::from_secs(60);
    policy.slo.first_time_success = 99.7;
    policy.keys.max_keys = 0;
    let mistakes = policy.check().unwrap_err();
    let begin = [
        "the limit of an attempt is zero",
        "the first wait of its back-off is longer",
        "a share of 99.7 cannot be promised",
        "there is no room for any key",
        "it makes one for each key, and nobody knows",
    ];
    assert_eq!(mistakes.len(), begin.len());
    for (mistake, begin) in mistakes.iter().zip(begin) {
        assert!(mistake.starts_with(begin), "{mistake}");
    }
}
