//! Pools in a declared tree.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use hedgerow::Error;
use hedgerow::config::PoolContract;
use hedgerow::prelude::*;
use hedgerow::view::View;

/// Numbers what it makes.
#[derive(Clone, Default)]
struct Sessions(Arc<AtomicU32>);

impl Source for Sessions {
    type Resource = u32;
    type Error = std::io::Error;

    async fn create(&self) -> Result<u32, std::io::Error> {
        Ok(self.0.fetch_add(1, Ordering::AcqRel) + 1)
    }
}

/// Makes what nobody asks for.
#[derive(Debug)]
struct Other;

impl Source for Other {
    type Resource = ();
    type Error = std::io::Error;

    async fn create(&self) -> Result<(), std::io::Error> {
        Ok(())
    }
}

fn two() -> PoolPolicy {
    PoolPolicy {
        max_leases: 2,
        max_wait: Duration::from_millis(20),
        ..PoolPolicy::default()
    }
}

#[tokio::test]
async fn a_declared_pool_leases_what_its_source_makes_and_shows_itself() {
    let sessions = Sessions::default();
    let pool = Pool::new("device", sessions.clone()).policy(two());
    let tree = Supervisor::one_for_one("shop").child(pool);
    let mesh = Mesh::new(tree).start().await.unwrap();
    let device = mesh.pool::<Sessions>("device").unwrap();
    assert_eq!(
        sessions.0.load(Ordering::Acquire),
        0,
        "it starts without making anything"
    );
    let first = device.take().await.unwrap();
    let second = device.take().await.unwrap();
    assert_eq!((*first, *second), (1, 2));
    let Err(LeaseError::Refused(refusal)) = device.take().await else {
        panic!("two are out");
    };
    assert_eq!(
        (refusal.rule.as_str(), refusal.observed.as_str()),
        ("pool.maxWait", "2 leased")
    );
    drop(first);
    assert_eq!(*device.take().await.unwrap(), 1);
    let views = mesh.directory().views();
    let shown = views.iter().find_map(|(_, view)| match view {
        View::Pool(pool) => Some(pool),
        _ => None,
    });
    let shown = shown.unwrap();
    assert_eq!(
        (shown.path.to_string().as_str(), shown.leases, shown.idle),
        ("mesh/shop/device", 1, 1)
    );
    drop(second);
    mesh.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_pool_is_asked_for_by_its_name_and_its_source() {
    let tree = Supervisor::one_for_one("shop").child(Pool::new("device", Other));
    let mesh = Mesh::new(tree).start().await.unwrap();
    let unknown = mesh.pool::<Other>("devise").map(drop).unwrap_err();
    assert_eq!(unknown.to_string(), "there is no pool `devise`: there are device");
    let other = mesh.pool::<Sessions>("device").map(drop).unwrap_err();
    let said = other.to_string();
    assert!(
        said.contains("leases what") && said.contains("Other makes, not") && said.contains("Sessions"),
        "{said}"
    );
    mesh.shutdown().await.unwrap();
}

#[tokio::test]
async fn every_mistake_of_a_pool_is_told_before_anything_starts() {
    let policy = PoolPolicy {
        max_leases: 0,
        slo: Slo {
            error_rate: Some(2.0),
            ..Slo::default()
        },
        ..PoolPolicy::default()
    };
    let contract = PoolContract {
        name: " ".to_owned(),
        policy,
    };
    let tree = Supervisor::one_for_one("shop")
        .child(Pool::from_contract(contract, Other))
        .child(Pool::new("device", Other))
        .child(Pool::new("device", Other))
        .child(Upstream::new("device").endpoints(["127.0.0.1:9001"]).pool(two()));
    let Err(Error::Declared(mistakes)) = Mesh::new(tree).start().await else {
        panic!("it has mistakes");
    };
    let told: Vec<_> = mistakes.iter().map(|mistake| mistake.what.as_str()).collect();
    let expected = [
        "pool: expected a name",
        "maxLeases: expected at least 1",
        "slo.errorRate: expected a share",
        "the name is taken by another pool",
        "the name is taken by a pool",
    ];
    assert_eq!(told.len(), expected.len(), "{told:?}");
    for (told, expected) in told.iter().zip(expected) {
        assert!(told.starts_with(expected), "{told} is not {expected}");
    }
}

#[tokio::test]
async fn b7_a_holder_that_panics_leaves_no_lease_behind() {
    let tree = Supervisor::one_for_one("shop").child(Pool::new("device", Sessions::default()).policy(two()));
    let mesh = Mesh::new(tree).start().await.unwrap();
    for _ in 0..20 {
        let device = mesh.pool::<Sessions>("device").unwrap();
        let holder = tokio::task::spawn_blocking(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let _held = device.take().await.unwrap();
                panic!("while it is held");
            })
        });
        assert!(holder.await.is_err());
    }
    let device = mesh.pool::<Sessions>("device").unwrap();
    assert_eq!(*device.take().await.unwrap(), 21, "nobody gets what a panic left");
    mesh.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_call_through_an_upstream_takes_a_lease_and_is_refused_without_a_breaker_hearing_of_it() {
    let upstream = Upstream::new("payments")
        .endpoints(["127.0.0.1:9001"])
        .pool(two());
    let mesh = Mesh::new(Supervisor::one_for_one("shop").child(upstream))
        .start()
        .await
        .unwrap();
    let payments = mesh.upstream("payments").unwrap();
    let held = payments.pool().try_grant().unwrap();
    let also = payments.pool().try_grant().unwrap();
    let called = payments.call(|_| async { Ok::<_, std::io::Error>(()) }).await;
    let Err(CallError::Refused(refusal)) = called else {
        panic!("two are out");
    };
    assert_eq!(
        (refusal.id.as_str(), refusal.rule.as_str()),
        ("payments", "pool.maxWait")
    );
    drop((held, also));
    let failed = payments
        .call(|_| async { Err::<(), _>(std::io::Error::other("no")) })
        .await;
    assert!(matches!(failed, Err(CallError::Failed(_))));
    let views = mesh.directory().views();
    let counts = views.iter().find_map(|(_, view)| match view {
        View::Pool(pool) => Some((pool.leases, pool.borrowed, pool.failed, pool.timed_out)),
        _ => None,
    });
    assert_eq!(counts, Some((0, 3, 1, 1)));
    let endpoints = views.iter().find_map(|(_, view)| match view {
        View::Upstream(upstream) => Some(upstream.endpoints.clone()),
        _ => None,
    });
    let endpoint = &endpoints.unwrap()[0];
    assert_eq!((endpoint.in_flight, endpoint.failures), (0, 1));
    mesh.shutdown().await.unwrap();
}
