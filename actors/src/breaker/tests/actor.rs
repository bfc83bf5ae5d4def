//! The actor on a store that is slow or broken.

use std::sync::Arc;
use std::time::Duration;

use hedgerow_config::{BreakerPolicy, OpenFor, SlowCall};
use hedgerow_gate::{Gate, Permit, State};
use hedgerow_store::{Key, Store};
use hedgerow_supervisor::{Arbiters, Events, Ground, Inspect as _, Order, Supervisor, Tree};
use hedgerow_view::breaker::BreakerState;
use hedgerow_view::{BreakerView, Event, Identity, Path, View};

use super::super::{BreakerHandle, Instruction, LOAD_WITHIN, Means, Record, spec};
use super::disk::Disk;
use super::policy;
use crate::paused::{idle, pass_until, run, until};

pub(super) struct Site {
    tree: Tree,
    events: Events,
    pub(super) breaker: BreakerHandle,
    path: Path,
    store: Store,
}

/// How long a breaker stays open that is to be found open at the end, however far time is moved meanwhile.
const MONTH: Duration = Duration::from_secs(30 * 24 * 3_600);

/// A mesh of one breaker, which stays open for a month.
pub(super) async fn site(disk: &Disk) -> Site {
    let policy = BreakerPolicy {
        open_for: OpenFor::fixed(MONTH),
        ..policy()
    };
    site_of(policy, disk.store()).await
}

/// A breaker that began without its record, on a store that does not answer yet.
pub(super) async fn without_its_record(disk: &Disk) -> Site {
    disk.hold();
    let starting = site(disk);
    tokio::pin!(starting);
    let asked = disk.asked();
    tokio::select! {
        biased;
        _ = &mut starting => panic!("it did not wait for its record"),
        () = until(|| disk.asked() > asked) => {}
    }
    tokio::time::advance(LOAD_WITHIN).await;
    let site = starting.await;
    assert_eq!(
        (site.view().state, site.view().persisted),
        (BreakerState::Closed, false)
    );
    site
}

pub(super) async fn site_of(policy: BreakerPolicy, store: Store) -> Site {
    let ground = Ground::new(Arbiters::current_thread());
    let means = Means {
        store: store.clone(),
        events: ground.events.clone(),
        clock: ground.clock,
    };
    let (child, breaker) = spec("breaker", Identity::new("breaker", "payments"), policy, &means).unwrap();
    let tree = Tree::start(Supervisor::one_for_one("root").child(child), &ground)
        .await
        .unwrap();
    Site {
        tree,
        events: ground.events,
        breaker,
        path: Path::root("root").child("breaker"),
        store,
    }
}

impl Site {
    pub(super) fn view(&self) -> BreakerView {
        let View::Breaker(view) = self.breaker.view(&self.path) else {
            unreachable!("a breaker shows itself as one")
        };
        view
    }

    pub(super) async fn until(&self, state: BreakerState) {
        until(|| self.view().state == state).await;
    }

    pub(super) async fn until_persisted(&self) {
        until(|| self.view().persisted).await;
    }

    /// Lets back-offs pass until the state is kept.
    pub(super) async fn until_saved_again(&self) {
        pass_until(|| self.view().persisted).await;
    }

    pub(super) fn call(&self, times: usize, report: fn(Permit<Arc<Gate>>)) {
        for _ in 0..times {
            report(Permit::acquire(Arc::clone(self.breaker.gate())).unwrap());
        }
    }

    pub(super) async fn trip(&self) {
        self.call(7, Permit::failure);
        self.until(BreakerState::Open).await;
    }

    /// Waits for so many events of breakers, and returns them.
    pub(super) async fn told(&self, count: usize) -> Vec<(String, bool)> {
        let of_breakers =
            |event: &Event| event.kind.starts_with("breaker") || event.kind.starts_with("record");
        loop {
            let told: Vec<_> = self.events.since(0);
            let told = told.iter().filter(|event| of_breakers(event));
            let told: Vec<_> = told
                .map(|event| (format!("{}: {}", event.kind, event.cause), event.persisted))
                .collect();
            if told.len() >= count {
                return told;
            }
            tokio::task::yield_now().await;
        }
    }

    pub(super) async fn recorded(&self) -> Record {
        let key = Key::new("breaker", "payments", [""; 0]).unwrap();
        Record::decode(&self.store.load(&key).await.unwrap().unwrap()).unwrap()
    }

    pub(super) async fn stop(self) {
        self.tree.stop().await;
        self.store.close();
    }
}

/// Until the store has found out, on its own and in real time, that its disk works.
async fn well(store: &Store) {
    until(|| store.health().problem.is_none()).await;
}

#[test]
fn a_save_that_fails_is_tried_again_with_the_state_of_then_until_it_is_kept() {
    run(async {
        let disk = Disk::default();
        disk.break_down();
        let site = site(&disk).await;
        let failed = || site.store.counters().failed;
        until(|| failed() == 1).await;
        idle().await;
        assert_eq!(failed(), 1, "not before the back-off is over");
        site.trip().await;
        until(|| failed() == 2).await;
        pass_until(|| failed() >= 7).await;
        assert!(!site.view().persisted);
        disk.mend();
        well(&site.store).await;
        site.until_saved_again().await;
        assert_eq!(site.recorded().await.state, State::Open);
        let written = disk.tries();
        tokio::time::advance(Duration::from_secs(60)).await;
        idle().await;
        assert_eq!(disk.tries(), written, "what is kept is not saved again");
        let told = site.told(1).await;
        let tripped = "breakerTransition: closed to open: consecutiveFailures: limit 7, observed 7";
        assert_eq!(
            told,
            [(tripped.to_owned(), false)],
            "told once, when it could not be kept"
        );
        site.stop().await;
    });
}

#[test]
fn a_store_in_memory_is_asked_once() {
    run(async {
        let site = site_of(policy(), Store::memory()).await;
        until(|| site.store.counters().saved == 1).await;
        for _ in 0..10 {
            idle().await;
            tokio::time::advance(Duration::from_secs(5)).await;
        }
        idle().await;
        assert_eq!(site.store.counters().saved, 1);
        assert!(!site.view().persisted);
        site.stop().await;
    });
}

#[test]
fn a_store_that_does_not_answer_delays_the_start_no_longer_than_its_limit_and_its_record_stays() {
    run(async {
        let disk = Disk::default();
        let first = site(&disk).await;
        first.trip().await;
        first.until_persisted().await;
        first.stop().await;
        let written = disk.tries();

        disk.hold();
        let starting = site(&disk);
        tokio::pin!(starting);
        let asked = disk.asked();
        tokio::select! {
            biased;
            _ = &mut starting => panic!("it did not wait for its record"),
            () = until(|| disk.asked() > asked) => {}
        }
        tokio::time::advance(LOAD_WITHIN.saturating_sub(Duration::from_millis(1))).await;
        tokio::select! {
            biased;
            _ = &mut starting => panic!("it did not wait as long as it may"),
            () = idle() => {}
        }
        tokio::time::advance(Duration::from_millis(1)).await;
        let second = starting.await;
        assert_eq!(
            second.told(1).await,
            [(
                "recordUnusable: not read within 2000 ms; the breaker goes on without it, and asks again"
                    .to_owned(),
                false
            )]
        );
        assert_eq!(
            (second.view().state, second.view().persisted),
            (BreakerState::Closed, false)
        );
        disk.release();
        idle().await;
        second.stop().await;
        assert_eq!(
            disk.tries(),
            written,
            "the record that was not read is not overwritten"
        );

        let third = site(&disk).await;
        assert_eq!(third.view().state, BreakerState::Open);
        third.stop().await;
    });
}

#[test]
fn a_transition_is_kept_even_over_a_record_that_was_not_read() {
    run(async {
        let disk = Disk::default();
        let site = without_its_record(&disk).await;
        disk.release();
        site.trip().await;
        site.until_persisted().await;
        assert_eq!(site.recorded().await.state, State::Open);
        site.stop().await;
    });
}

#[test]
fn transitions_are_told_in_their_order_however_late_their_records_are_kept() {
    run(async {
        let disk = Disk::default();
        let site = site_of(policy(), disk.store()).await;
        site.until_persisted().await;
        disk.hold();
        site.trip().await;
        tokio::time::advance(Duration::from_secs(1)).await;
        site.until(BreakerState::HalfOpen).await;
        site.call(1, Permit::failure);
        site.until(BreakerState::Open).await;
        tokio::time::advance(Duration::from_secs(2)).await;
        site.until(BreakerState::HalfOpen).await;
        site.call(2, Permit::success);
        site.until(BreakerState::Closed).await;
        idle().await;
        assert!(site.told(0).await.is_empty(), "nothing is told before it is kept");
        disk.release();
        let told = site.told(5).await;
        let expected = [
            "closed to open: consecutiveFailures: limit 7, observed 7",
            "open to halfOpen: openFor: 1000 ms are over",
            "halfOpen to open: probe failed",
            "open to halfOpen: openFor: 2000 ms are over",
            "halfOpen to closed: halfOpen.successes: limit 2, observed 2",
        ];
        assert_eq!(
            told,
            expected.map(|cause| (format!("breakerTransition: {cause}"), true))
        );
        site.stop().await;
    });
}

#[test]
fn an_actor_whose_last_record_was_not_kept_says_what_holds_and_keeps_it() {
    run(async {
        let disk = Disk::default();
        let site = site(&disk).await;
        site.until_persisted().await;
        disk.break_down();
        site.trip().await;
        site.told(1).await;
        let directory = site.tree.directory();
        directory.operate(&site.path, Order::Restart).await.unwrap();
        // From the record that the store holds in memory, or, if that is a millisecond off, from what callers met.
        let (told, persisted) = site.told(2).await.remove(1);
        assert!(
            told.starts_with("breakerRestored: restored: open for 2592000000 ms more") && !persisted,
            "{told}"
        );
        assert!(!site.view().persisted);
        assert_eq!(site.view().state, BreakerState::Open);

        disk.mend();
        well(&site.store).await;
        site.until_saved_again().await;
        assert_eq!(site.recorded().await.state, State::Open);
        site.stop().await;
    });
}

/// A reader that looked between two words of the actor saw the new state beside the old state's `persisted`: a breaker
/// that was shown as open and kept came back closed after a kill.
#[test]
fn a_new_state_is_never_shown_as_kept_by_the_record_of_the_old_one() {
    run(async {
        for _ in 0..30 {
            let disk = Disk::default();
            let site = site(&disk).await;
            site.until_persisted().await;
            disk.hold();
            let (breaker, path) = (site.breaker.clone(), site.path.clone());
            let reader = std::thread::spawn(move || {
                loop {
                    let View::Breaker(view) = breaker.view(&path) else {
                        unreachable!("it shows a breaker")
                    };
                    if view.state == BreakerState::Open {
                        return view.persisted;
                    }
                }
            });
            site.trip().await;
            assert!(!reader.join().unwrap(), "nothing was written since it was closed");
            disk.release();
            site.until_persisted().await;
            site.stop().await;
        }
    });
}

#[test]
fn what_an_operator_says_is_told_with_its_author_kept_and_shown_and_holds_over_a_restart() {
    run(async {
        let disk = Disk::default();
        let site = site(&disk).await;
        let moved = site
            .breaker
            .instruct(Instruction::ForceOpen, "ada")
            .await
            .unwrap();
        assert_eq!(moved.unwrap().to, State::ForcedOpen);
        assert_eq!(
            site.breaker
                .instruct(Instruction::ForceOpen, "bob")
                .await
                .unwrap(),
            None
        );
        let refused = Permit::acquire(&**site.breaker.gate()).unwrap_err();
        let refusal = site.breaker.refusal(refused);
        assert_eq!((&*refusal.rule, &*refusal.observed), ("operator", "ada"));
        site.until_persisted().await;
        let told = site.told(1).await;
        assert_eq!(
            told,
            [(
                "breakerTransition: closed to forcedOpen: operator: forceOpen by ada".to_owned(),
                true
            )]
        );
        let directory = site.tree.directory();
        directory.operate(&site.path, Order::Restart).await.unwrap();
        let told = site.told(2).await.remove(1);
        assert_eq!(told.0, "breakerRestored: restored: forcedOpen, by order of ada");
        let view = site.view();
        assert_eq!(view.state, BreakerState::ForcedOpen);
        assert_eq!(view.last_transition.unwrap().author.as_deref(), Some("ada"));
        site.breaker.instruct(Instruction::Release, "bob").await.unwrap();
        assert_eq!(site.view().state, BreakerState::HalfOpen);
        site.stop().await;
    });
}

#[test]
fn another_policy_holds_over_a_restart_of_the_actor_and_for_those_who_measure_calls() {
    run(async {
        let site = site_of(policy(), Store::memory()).await;
        site.breaker
            .retune(BreakerPolicy {
                consecutive_failures: Some(3),
                slow_call: Some(SlowCall::default()),
                ..policy()
            })
            .await
            .unwrap();
        let directory = site.tree.directory();
        directory.operate(&site.path, Order::Restart).await.unwrap();
        assert_eq!(site.view().policy.consecutive_failures, Some(3));
        let made = site.breaker.call(|| async {
            tokio::time::advance(Duration::from_secs(6)).await;
            Ok::<_, ()>(())
        });
        made.await.unwrap();
        assert_eq!(site.breaker.sums().slow, 1);
        site.call(3, Permit::failure);
        site.until(BreakerState::Open).await;
        site.stop().await;
    });
}

#[test]
fn a_probe_that_takes_too_long_has_failed_although_its_value_comes_back() {
    run(async {
        let site = site_of(policy(), Store::memory()).await;
        site.trip().await;
        tokio::time::advance(Duration::from_secs(1)).await;
        site.until(BreakerState::HalfOpen).await;
        let late = site.breaker.call(|| async {
            tokio::time::advance(Duration::from_millis(1_501)).await;
            Ok::<_, ()>("late")
        });
        assert_eq!(late.await.unwrap(), "late");
        site.until(BreakerState::Open).await;
        site.stop().await;
    });
}
