//! What the actor of a pool does for it.

use hedgerow_config::Slo;
use hedgerow_supervisor::{Order, Trace};
use hedgerow_view::Path;
use tokio::time::Duration;

use super::*;
use crate::paused::{run, until};

const SECOND: Duration = Duration::from_secs(1);

fn promising(slo: Slo) -> PoolPolicy {
    PoolPolicy { slo, ..at_most(4) }
}

#[test]
fn what_is_idle_is_kept_for_its_time_and_closed_soon_after() {
    run(async {
        let policy = PoolPolicy {
            min_keep_alive: SECOND * 8,
            ..at_most(3)
        };
        let site = site(policy).await;
        drop([site.take().await, site.take().await]);
        pass(SECOND * 5).await;
        drop(site.take().await);
        pass(SECOND * 3).await;
        assert_eq!(site.devices.closed(), [0; 0]);
        pass(SECOND * 2).await;
        assert_eq!(site.devices.closed().len(), 1, "the one that nobody wanted");
        pass(SECOND * 5).await;
        assert_eq!(site.devices.closed().len(), 2);
        assert_eq!((site.view().closed_idle, site.view().existing), (2, 0));
    });
}

#[test]
fn what_has_lived_for_long_enough_is_closed_in_use_or_not() {
    run(async {
        let policy = PoolPolicy {
            min_keep_alive: SECOND * 1_000,
            max_life: Some(SECOND * 100),
            ..at_most(2)
        };
        let site = site(policy).await;
        let held = site.take().await;
        drop(site.take().await);
        pass(SECOND * 89).await;
        assert_eq!(site.devices.closed(), [0; 0]);
        pass(SECOND * 17).await;
        assert_eq!(site.devices.closed(), [2], "the one that is leased stays");
        drop(held);
        assert_eq!(site.devices.closed(), [2, 1]);
        assert_eq!(site.view().closed_aged, 2);
    });
}

#[test]
fn b7_a_lease_that_is_out_for_too_long_is_told_once_with_line_trace_and_age() {
    run(async {
        let policy = PoolPolicy {
            longest_lease: Some(SECOND * 10),
            ..at_most(2)
        };
        let site = site(policy).await;
        let trace = Trace::new([0xab; 16], [1; 8], 0).unwrap();
        let before = line!();
        let taking = hedgerow_supervisor::Context::default()
            .with_trace(trace)
            .scope(site.pool.take());
        let lines = before..line!();
        let held = taking.await.unwrap();
        pass(SECOND * 9).await;
        assert_eq!(site.told(), []);
        pass(SECOND * 5).await;
        let told = site.told();
        let [("leaseOverdue", cause)] = &told[..] else {
            panic!("{told:?}");
        };
        let place = "tests/looked_after.rs:";
        let line = cause.split(place).nth(1).and_then(|rest| rest.split(':').next());
        assert!(lines.contains(&line.unwrap().parse().unwrap()), "{cause}");
        assert!(
            cause.starts_with("longestLease: limit 10000 ms, observed 1"),
            "{cause}"
        );
        assert!(cause.ends_with(&format!("trace {}", "ab".repeat(16))), "{cause}");
        pass(SECOND * 5).await;
        assert_eq!(site.told().len(), 1);
        let view = site.view();
        assert_eq!((view.overdue, view.leaks.len()), (1, 1));
        assert!(view.leaks[0].taken_at.contains(place) && view.leaks[0].age_ms >= 19_000);
        drop(held);
        pass(SECOND * 5).await;
        assert_eq!((site.view().overdue, site.view().leases), (0, 0));
    });
}

#[test]
fn a_contract_that_is_broken_is_told_and_shown_and_told_again_when_it_is_met() {
    run(async {
        let slo = Slo {
            p95_latency: Some(Duration::from_millis(120)),
            error_rate: Some(0.1),
            window: SECOND * 60,
        };
        let site = site(promising(slo)).await;
        for _ in 0..30 {
            let mut lease = site.take().await;
            tokio::time::advance(Duration::from_millis(200)).await;
            lease.fail();
        }
        pass(SECOND * 5).await;
        assert_eq!(
            site.told(),
            [
                (
                    "contractBreached",
                    "p95Latency: limit 120 ms, observed 212 ms of 30 leases".to_owned()
                ),
                (
                    "contractBreached",
                    "errorRate: limit 10 %, observed 100 % of 30 leases".to_owned()
                ),
            ]
        );
        let view = site.view();
        assert_eq!(view.broken, ["p95Latency", "errorRate"]);
        assert_eq!(view.measured.error_rate, Some(1.0));
        pass(SECOND * 80).await;
        let kinds: Vec<_> = site.told().iter().map(|(kind, _)| *kind).collect();
        assert_eq!(
            kinds,
            [
                "contractBreached",
                "contractBreached",
                "contractMet",
                "contractMet"
            ]
        );
        assert_eq!(site.view().broken, [""; 0]);
    });
}

#[test]
fn a_restart_forgets_nothing_and_a_breach_that_began_before_it_ends_after_it() {
    run(async {
        let slo = Slo {
            error_rate: Some(0.1),
            ..Slo::default()
        };
        let site = site(promising(slo)).await;
        let held = site.take().await;
        for _ in 0..30 {
            site.take().await.fail();
        }
        pass(SECOND * 5).await;
        assert_eq!(site.told().len(), 1);
        let path = Path::root("root").child("device");
        site.directory().operate(&path, Order::Restart).await.unwrap();
        let restarts = || site.directory().tree().children[0].restarts;
        until(|| restarts() == 1).await;
        drop(held);
        pass(SECOND * 80).await;
        let kinds: Vec<_> = site.told().iter().map(|(kind, _)| *kind).collect();
        assert_eq!(kinds, ["contractBreached", "contractMet"]);
        assert_eq!(site.view().made, 2, "what waited was leased");
    });
}

#[test]
fn a_pool_without_leases_is_left_alone_until_the_next_one() {
    run(async {
        let policy = PoolPolicy {
            min_keep_alive: SECOND,
            slo: Slo {
                window: SECOND,
                ..Slo::default()
            },
            longest_lease: Some(SECOND * 10),
            ..at_most(2)
        };
        let site = site(policy).await;
        drop(site.take().await);
        pass(SECOND * 10).await;
        assert_eq!(site.devices.closed(), [1]);
        assert!(site.pool.rests());
        let held = site.take().await;
        pass(SECOND * 13).await;
        assert_eq!(site.told().len(), 1, "it has been woken");
        drop(held);
    });
}
