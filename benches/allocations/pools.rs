//! Leases of resources: none allocates in the steady state.

use std::convert::Infallible;
use std::num::NonZeroUsize;

use futures_util::FutureExt as _;
use hedgerow_actors::breaker::Means;
use hedgerow_actors::pool::resource::{ResourcePool, Source, spec};
use hedgerow_config::PoolPolicy;
use hedgerow_store::Store;
use hedgerow_supervisor::{Arbiters, Ground};

use crate::{CALLS, count};

struct Things;

impl Source for Things {
    type Resource = [u64; 16];
    type Error = Infallible;

    async fn create(&self) -> Result<[u64; 16], Infallible> {
        Ok([0; 16])
    }
}

fn pool() -> ResourcePool<Things> {
    let ground = Ground::new(Arbiters::threads(NonZeroUsize::MIN).unwrap());
    let means = Means {
        store: Store::memory(),
        events: ground.events.clone(),
        clock: ground.clock,
    };
    spec("things", Things, PoolPolicy::default(), &means).1
}

#[test]
fn a_lease_of_what_waits_allocates_nothing() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let _inside = runtime.enter();
    let pool = pool();
    let lease = |_| {
        let first = pool.take().now_or_never().unwrap().unwrap();
        let mut second = pool.take().now_or_never().unwrap().unwrap();
        second[0] += 1;
        drop((first, second));
    };
    lease(0);
    let allocated = count(lease);
    assert_eq!(allocated, 0, "in {CALLS} pairs of leases");
}
