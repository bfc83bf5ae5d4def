//! What is leased, and when it is not.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use futures_util::future::join_all;
use hedgerow_supervisor::Context;
use tokio::time::Duration;

use super::super::{CHECK_AFTER, WarmedUp};
use super::*;
use crate::paused::run;

const SECOND: Duration = Duration::from_secs(1);

fn refused(taken: Taken) -> String {
    match taken {
        Err(LeaseError::Refused(refusal)) => refusal.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_comes_back_is_leased_again_and_nothing_is_made_before_it_is_wanted() {
    run(async {
        let site = site(at_most(2)).await;
        assert_eq!(site.devices.made.load(Ordering::Acquire), 0);
        let first = site.take().await;
        assert_eq!(*first, Device(1));
        let second = site.take().await;
        assert_eq!(*second, Device(2));
        drop(first);
        assert_eq!(*site.take().await, Device(1));
        drop(second);
        assert_eq!(
            *site.take().await,
            Device(2),
            "what came back last is taken first"
        );
        let view = site.view();
        let counts = (view.borrowed, view.returned, view.made, view.hits);
        assert_eq!(counts, (4, 4, 2, 2));
        assert_eq!((view.hit_rate, view.idle, view.existing), (Some(0.5), 2, 2));
    });
}

#[test]
fn never_more_are_out_or_exist_than_may_be_and_who_waits_is_served_in_turn() {
    run(async {
        let site = site(at_most(2)).await;
        let (first, second) = (site.take().await, site.take().await);
        let mut third = Box::pin(site.pool.take());
        let mut fourth = Box::pin(site.pool.take());
        assert!(third.as_mut().now_or_never().is_none());
        assert!(fourth.as_mut().now_or_never().is_none());
        assert_eq!((site.view().leases, site.view().waiting), (2, 2));
        drop(second);
        assert!(fourth.as_mut().now_or_never().is_none());
        assert_eq!(*third.await.unwrap(), Device(2));
        drop(first);
        fourth.await.unwrap();
        let view = site.view();
        assert_eq!((view.made, view.waited, view.leases), (2, 2, 0));
    });
}

#[test]
fn who_waits_in_vain_or_meets_too_many_who_wait_is_told_by_which_rule() {
    run(async {
        let policy = PoolPolicy {
            max_waiting: 1,
            max_wait: SECOND,
            ..at_most(1)
        };
        let site = site(policy).await;
        let held = site.take().await;
        let waits = site.pool.take();
        let meanwhile = async {
            tokio::task::yield_now().await;
            refused(site.pool.take().await)
        };
        let (waited, crowded) = tokio::join!(waits, async {
            let crowded = meanwhile.await;
            tokio::time::advance(SECOND).await;
            crowded
        });
        assert_eq!(
            crowded,
            "device; rule=pool.maxWaiting; limit=1; observed=1 leased, 1 waiting"
        );
        assert_eq!(
            refused(waited),
            "device; rule=pool.maxWait; limit=1000 ms; observed=1 leased"
        );
        let soon = Context::default().with_deadline_in(Duration::from_millis(300));
        let (hurried, ()) = tokio::join!(soon.scope(async { site.pool.take().await }), async {
            tokio::task::yield_now().await;
            tokio::time::advance(Duration::from_millis(300)).await;
        });
        assert_eq!(
            refused(hurried),
            "device; rule=pool.maxWait; limit=300 ms; observed=1 leased"
        );
        drop(held);
        let view = site.view();
        assert_eq!((view.refused, view.timed_out, view.waiting), (1, 2, 0));
    });
}

#[test]
fn nobody_waits_where_nobody_may() {
    run(async {
        let policy = PoolPolicy {
            max_waiting: 0,
            ..at_most(1)
        };
        let site = site(policy).await;
        let _held = site.take().await;
        let refused = refused(site.pool.take().await);
        assert_eq!(refused, "device; rule=pool.maxLeases; limit=1; observed=1 leased");
    });
}

#[test]
fn what_is_broken_is_never_leased_whenever_that_turns_out() {
    run(async {
        let site = site(at_most(3)).await;
        let leases = [site.take().await, site.take().await, site.take().await];
        let broken = |device: u32| site.devices.broken.lock().unwrap().insert(device);
        broken(1);
        drop(leases);
        assert_eq!(site.devices.closed(), [1], "it shows when it comes back");
        broken(3);
        assert_eq!(*site.take().await, Device(2));
        assert_eq!(site.devices.closed(), [1, 3], "or when it is wanted");
        site.devices.ill.lock().unwrap().insert(2);
        tokio::time::advance(CHECK_AFTER - Duration::from_millis(1)).await;
        assert_eq!(
            *site.take().await,
            Device(2),
            "one that was used of late is not asked"
        );
        tokio::time::advance(CHECK_AFTER).await;
        assert_eq!(*site.take().await, Device(4));
        assert_eq!(site.devices.closed(), [1, 3, 2], "or when it is asked");
        let view = site.view();
        assert_eq!((view.closed_broken, view.existing, view.idle), (3, 1, 1));
    });
}

#[test]
fn what_its_holder_gives_up_or_leaves_by_a_panic_is_closed() {
    run(async {
        let site = site(at_most(1)).await;
        site.take().await.discard();
        assert_eq!(site.devices.closed(), [1]);
        let crash = AssertUnwindSafe(async {
            let _lease = site.take().await;
            panic!("while it is held");
        });
        assert!(crash.catch_unwind().await.is_err());
        assert_eq!(site.devices.closed(), [1, 2]);
        let view = site.view();
        assert_eq!((view.leases, view.existing, view.failed), (0, 0, 1));
    });
}

#[test]
fn one_that_cannot_be_made_costs_its_lease_alone() {
    run(async {
        let site = site(at_most(1)).await;
        site.devices.fails.store(true, Ordering::Release);
        let failed = site.pool.take().await.map(|_| ());
        assert_eq!(failed, Err(LeaseError::NotMade(NoDevice)));
        site.devices.fails.store(false, Ordering::Release);
        site.devices.hangs.store(true, Ordering::Release);
        let slow = site.pool.take_within(SECOND);
        let (slow, ()) = tokio::join!(slow, async {
            tokio::task::yield_now().await;
            tokio::time::advance(SECOND).await;
        });
        assert_eq!(slow.map(|_| ()), Err(LeaseError::TooSlow { limit: SECOND }));
        site.devices.hangs.store(false, Ordering::Release);
        assert_eq!(*site.take().await, Device(1));
        let view = site.view();
        assert_eq!((view.leases, view.existing, view.make_failures), (0, 1, 2));
    });
}

#[test]
fn a11_who_goes_away_at_any_point_leaves_everything_as_it_was() {
    run(async {
        let site = site(at_most(1)).await;
        // While something is made, while it waits, while it is checked: after so many polls each.
        for polls in 0..4 {
            let making = site.pool.take();
            give_up_after(making, polls).await;
        }
        site.devices.hangs.store(true, Ordering::Release);
        give_up_after(site.pool.take(), 3).await;
        site.devices.hangs.store(false, Ordering::Release);
        let held = site.take().await;
        give_up_after(site.pool.take(), 2).await;
        drop(held);
        tokio::time::advance(CHECK_AFTER).await;
        site.devices.hangs.store(true, Ordering::Release);
        give_up_after(site.pool.take(), 3).await;
        site.devices.hangs.store(false, Ordering::Release);
        let view = site.view();
        assert_eq!(
            (view.leases, view.waiting, view.existing, view.gone_away),
            (0, 0, 0, 1)
        );
        site.take().await;
        assert_eq!(site.view().existing, 1);
    });
}

async fn give_up_after(taking: impl Future<Output = Taken>, polls: usize) {
    let mut taking = Box::pin(taking);
    for _ in 0..polls {
        if let Some(taken) = taking.as_mut().now_or_never() {
            return drop(taken);
        }
    }
}

#[test]
fn what_is_made_beforehand_waits_and_is_no_more_than_may_be() {
    run(async {
        let site = site(at_most(3)).await;
        let warmed = site.pool.warm_up(2, SECOND).await;
        assert_eq!(warmed, WarmedUp { made: 2, failed: 0 });
        assert_eq!(site.pool.warm_up(2, SECOND).await, WarmedUp::default());
        let leases = join_all((0..2).map(|_| site.take())).await;
        assert_eq!(site.view().made, 2);
        drop(leases);
        site.devices.fails.store(true, Ordering::Release);
        let warmed = site.pool.warm_up(10, SECOND).await;
        assert_eq!((warmed.made, site.view().existing), (0, 2), "{warmed}");
        assert_eq!(
            site.view().measured.leases,
            0,
            "the contract is about those who want leases"
        );
    });
}

#[test]
fn a_drain_refuses_who_waits_and_is_over_when_all_is_back_and_closed() {
    run(async {
        let site = site(at_most(2)).await;
        let (first, second) = (site.take().await, site.take().await);
        drop(second);
        let held = first;
        let other = site.take().await;
        let mut waits = Box::pin(site.pool.take());
        assert!(waits.as_mut().now_or_never().is_none());
        drop(other);
        drop(waits.await);
        let mut drain = Box::pin(site.pool.drain());
        assert!(drain.as_mut().now_or_never().is_none());
        assert_eq!(site.devices.closed(), [2]);
        let late = refused(site.pool.take().await);
        assert_eq!(
            late,
            "device; rule=pool.drain; limit=nothing more; observed=drained"
        );
        drop(held);
        drain.await;
        assert_eq!(site.devices.closed(), [2, 1]);
        assert_eq!((site.view().existing, site.view().drained), (0, true));
        site.pool.drain().await;
    });
}

#[test]
fn the_last_handle_takes_what_waits_with_it() {
    run(async {
        let site = site(at_most(2)).await;
        let held = site.take().await;
        drop(site.take().await);
        let (devices, pool) = (site.devices.clone(), site.pool);
        drop(pool);
        assert_eq!(devices.closed(), [2]);
        drop(held);
        assert_eq!(devices.closed(), [2, 1]);
        drop(site.tree.stop().await);
    });
}
