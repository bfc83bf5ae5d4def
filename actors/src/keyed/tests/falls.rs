//! A keeper that falls, a store that does not answer, and many keys at once.

use super::*;
use crate::breaker::Instruction;
use crate::breaker::tests::disk::Disk;
use crate::keyed::place::Care;

/// As [`policy`], with a window that does not end while a test runs: breakers stay.
fn lasting() -> BreakerPolicy {
    BreakerPolicy {
        window: WindowLength::Time(Duration::from_secs(3_600)),
        ..policy()
    }
}

fn keys(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("key {number}")).collect()
}

/// Everybody gets a turn, and time stands.
async fn turn() {
    tokio::task::yield_now().await;
}

#[test]
fn keys_that_wait_for_their_breaker_get_it_though_the_keeper_falls_again_and_again() {
    run(async {
        let site = site_of(lasting(), KeyLimits::default(), Store::memory()).await;
        let keys = keys(300);
        keys.iter().for_each(|key| site.fail(key, 1));
        while site.view().breakers == 0 {
            turn().await;
        }
        assert!(site.view().breakers < 300, "more than are started at once");
        for _ in 0..3 {
            site.restart_keeper().await;
        }
        site.until(|| site.view().breakers == 300 && site.in_the_tree().len() == 300)
            .await;
        site.stop().await;
    });
}

#[test]
fn a_keeper_that_falls_leaves_the_breakers_that_are_up_alone() {
    run(async {
        let site = site_of(lasting(), KeyLimits::default(), Store::memory()).await;
        site.fail("acme", 1);
        site.until(|| site.in_the_tree().len() == 1).await;
        let before = site.breaker("acme").unwrap();
        site.restart_keeper().await;
        site.after(Duration::from_secs(1)).await;
        let after = site.breaker("acme").unwrap();
        assert!(std::sync::Arc::ptr_eq(&before.slot, &after.slot));
        site.stop().await;
    });
}

#[test]
fn a_key_whose_breaker_was_being_given_or_taken_away_when_the_keeper_fell_has_one_again() {
    run(async {
        let site = site_of(lasting(), KeyLimits::default(), Store::memory()).await;
        for care in [Care::Waking, Care::Resting] {
            site.fail("acme", 1);
            site.until(|| site.in_the_tree().len() == 1).await;
            let place = site.keyed.family.place("acme");
            let before = site.breaker("acme").unwrap();
            place.set_care(care);
            place.lay_down();
            site.restart_keeper().await;
            site.until(|| place.care() == Care::Awake).await;
            let after = site.breaker("acme").unwrap();
            assert!(!std::sync::Arc::ptr_eq(&before.slot, &after.slot));
            assert_eq!(site.in_the_tree().len(), 1);
            site.call("acme", Permit::success);
        }
        site.stop().await;
    });
}

#[test]
fn a_key_that_called_twice_while_it_waited_keeps_no_other_one_waiting() {
    run(async {
        let site = site_of(lasting(), KeyLimits::default(), Store::memory()).await;
        let (first, later) = (keys(400), ["later one", "later two", "later three"]);
        first.iter().for_each(|key| site.fail(key, 1));
        turn().await;
        first.iter().for_each(|key| site.fail(key, 2));
        turn().await;
        later.iter().for_each(|key| site.fail(key, 3));
        for key in first.iter().map(String::as_str).chain(later) {
            site.until_it_is(key, State::Open).await;
        }
        site.until(|| site.in_the_tree().len() == 403).await;
        site.stop().await;
    });
}

#[test]
fn more_keys_than_a_mailbox_holds_rest_each_after_one_breaker() {
    const KEYS: usize = 1_100;
    run(async {
        let site = site().await;
        keys(KEYS).iter().for_each(|key| site.fail(key, 1));
        site.until(|| site.view().breakers as usize == KEYS).await;
        site.until(|| site.view().breakers == 0 && site.in_the_tree().is_empty())
            .await;
        // Each breaker is saved when it begins and when it ends, and its record is removed.
        let changes = site.store.counters().saved;
        assert!(changes <= 3 * KEYS as u64, "{changes}");
        site.stop().await;
    });
}

#[test]
fn an_operator_is_heard_while_the_breaker_of_a_key_is_being_taken_away() {
    run(async {
        let site = site().await;
        for yields in 0..12 {
            let key = format!("key {yields}");
            site.fail(&key, 1);
            site.until(|| site.breaker(&key).is_some()).await;
            while site.breaker(&key).is_some() {
                tokio::time::advance(STEP).await;
                turn().await;
            }
            for _ in 0..yields {
                turn().await;
            }
            let forced = site.keyed.instruct(&key, Instruction::ForceOpen, "ann");
            let forcing = async { forced.await.unwrap().unwrap() };
            let stepping = async {
                loop {
                    site.step().await;
                }
            };
            tokio::select! {
                forced = forcing => assert_eq!(forced.to, State::ForcedOpen),
                () = stepping => {}
            }
            site.after(Duration::from_secs(1)).await;
            assert_eq!(site.state(&key), State::ForcedOpen);
            let kept = crate::breaker::key(site.breaker(&key).unwrap().id()).unwrap();
            assert!(site.store.load(&kept).await.unwrap().is_some(), "{yields}");
        }
        site.stop().await;
    });
}

#[test]
fn keys_whose_records_could_not_be_read_are_remembered_once_the_store_answers() {
    run(async {
        let disk = Disk::default();
        let first = site_of(policy(), KeyLimits::default(), disk.store()).await;
        for key in ["acme", "globex"] {
            let forced = first.keyed.instruct(key, Instruction::ForceOpen, "ann").await;
            assert!(forced.unwrap().is_some());
        }
        first.fail("initech", 3);
        first.until_it_is("initech", State::Open).await;
        first.step().await;
        first.stop().await.close();

        disk.hold();
        let starting = site_of(policy(), KeyLimits::default(), disk.store());
        let passing = async {
            loop {
                tokio::time::advance(STEP).await;
                turn().await;
            }
        };
        let second = tokio::select! {
            site = starting => site,
            () = passing => unreachable!("time passes for ever"),
        };
        assert!(!second.is_refused("acme"));
        second.fail("globex", 1);
        second.restart_keeper().await;
        for _ in 0..100 {
            tokio::time::advance(STEP).await;
            turn().await;
        }
        disk.release();
        second.until_it_is("acme", State::ForcedOpen).await;
        second.until_it_is("globex", State::ForcedOpen).await;
        let refusal = second.keyed.acquire("globex").unwrap_err();
        assert_eq!(refusal.observed, "ann");
        second.until_it_is("initech", State::Open).await;
        second.stop().await.close();
    });
}

#[test]
fn the_record_of_a_closed_key_that_has_no_room_is_removed() {
    run(async {
        let store = Store::memory();
        let prefix = hedgerow_store::Prefix::name("breaker", "payments");
        let first = site_of(lasting(), KeyLimits::default(), store.clone()).await;
        for key in ["acme", "globex", "initech"] {
            first.fail(key, 1);
        }
        first.until(|| first.in_the_tree().len() == 3).await;
        first.stop().await;
        let second = site_of(lasting(), at_most(1), store).await;
        assert_eq!(second.view().keys, 1);
        while second.store.scan(&prefix).await.unwrap().records.len() > 1 {
            turn().await;
        }
        second.stop().await;
    });
}

#[test]
fn a_scope_and_a_key_that_are_called_others_have_one_breaker_of_that_id() {
    run(async {
        let ground = Ground::new(Arbiters::current_thread());
        let means = Means {
            store: Store::memory(),
            events: ground.events.clone(),
            clock: ground.clock,
        };
        let (_child, keyed) = spec("b", "p", "others", policy(), KeyLimits::default(), &means).unwrap();
        let (shared, named) = (keyed.gate(""), keyed.gate("others"));
        assert!(std::ptr::eq(&*shared, &*named));
        assert!(!std::ptr::eq(&*shared, &*keyed.gate("acme")));
    });
}

#[test]
fn what_was_dropped_is_gone_from_memory() {
    run(async {
        let limits = KeyLimits {
            idle_for: Duration::from_secs(5),
            ..KeyLimits::default()
        };
        let site = site_of(policy(), limits, Store::memory()).await;
        let keys = keys(300);
        let place = |key: &String| std::sync::Arc::downgrade(&site.keyed.family.place(key));
        let places: Vec<_> = keys.iter().map(place).collect();
        keys.iter().for_each(|key| site.fail(key, 1));
        site.until(|| site.in_the_tree().len() == 300).await;
        let breaker = |key: &String| std::sync::Arc::downgrade(&site.breaker(key).unwrap().slot);
        let breakers: Vec<_> = keys.iter().map(breaker).collect();
        site.until(|| site.view().keys == 0).await;
        // The map keeps the last few of what was taken out of it until more is.
        let kept = places.iter().filter(|place| place.upgrade().is_some()).count();
        assert!(kept <= 64, "{kept}");
        site.until(|| breakers.iter().all(|breaker| breaker.upgrade().is_none()))
            .await;
        site.stop().await;
    });
}

#[test]
fn keys_open_though_the_store_takes_nothing_and_what_they_learned_is_kept_when_it_does() {
    run(async {
        let disk = Disk::default();
        let site = site_of(policy(), KeyLimits::default(), disk.store()).await;
        disk.hold();
        let keys = keys(200);
        keys.iter().for_each(|key| site.fail(key, 3));
        for key in &keys {
            while site.state(key) != State::Open {
                turn().await;
            }
        }
        disk.release();
        let prefix = hedgerow_store::Prefix::name("breaker", "payments");
        while site.store.scan(&prefix).await.unwrap().records.len() < 200 {
            turn().await;
        }
        site.stop().await;
    });
}

#[test]
fn a_mesh_is_stopped_while_keys_wake_and_rest() {
    run(async {
        for turns in [0, 1, 3, 10, 30] {
            let site = site().await;
            keys(150).iter().for_each(|key| site.fail(key, 1));
            site.until(|| site.view().breakers == 150).await;
            while site.view().breakers == 150 {
                tokio::time::advance(STEP).await;
                turn().await;
            }
            (0..150).for_each(|number| site.fail(&format!("other {number}"), 1));
            for _ in 0..turns {
                turn().await;
            }
            let waiting = site.keyed.clone();
            site.stop().await;
            let heard = waiting.instruct("key 0", Instruction::ForceOpen, "ann").await;
            assert!(heard.is_err());
        }
    });
}
