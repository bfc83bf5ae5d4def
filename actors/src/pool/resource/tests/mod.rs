#![allow(clippy::unwrap_used)]

mod bound;
mod hammer;
mod leases;
mod looked_after;
mod threads;

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hedgerow_config::PoolPolicy;
use hedgerow_store::Store;
use hedgerow_supervisor::{Arbiters, Directory, Events, Ground, Supervisor, Tree};
use hedgerow_view::{PoolView, View};

use super::{Fitness, Lease, LeaseError, ResourcePool, Source, spec};
use crate::breaker::Means;

/// What a test says of its devices, and what became of them.
#[derive(Default)]
struct Devices {
    made: AtomicU32,
    closed: Mutex<Vec<u32>>,
    /// Found out at once.
    broken: Mutex<HashSet<u32>>,
    /// Found out by asking.
    ill: Mutex<HashSet<u32>>,
    fails: AtomicBool,
    hangs: AtomicBool,
}

/// Numbered in the order in which they were made, from 1.
#[derive(Debug, PartialEq, Eq)]
struct Device(u32);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no device")]
struct NoDevice;

impl Source for Arc<Devices> {
    type Resource = Device;
    type Error = NoDevice;

    async fn create(&self) -> Result<Device, NoDevice> {
        tokio::task::yield_now().await;
        if self.hangs.load(Ordering::Acquire) {
            std::future::pending::<()>().await;
        }
        match self.fails.load(Ordering::Acquire) {
            true => Err(NoDevice),
            false => Ok(Device(self.made.fetch_add(1, Ordering::AcqRel) + 1)),
        }
    }

    fn is_fit(&self, device: &Device) -> bool {
        !self.broken.lock().unwrap().contains(&device.0)
    }

    async fn check(&self, device: &mut Device) -> Fitness {
        tokio::task::yield_now().await;
        if self.hangs.load(Ordering::Acquire) {
            std::future::pending::<()>().await;
        }
        match self.ill.lock().unwrap().contains(&device.0) {
            true => Fitness::Broken,
            false => Fitness::Fit,
        }
    }

    fn close(&self, device: Device) {
        self.closed.lock().unwrap().push(device.0);
    }
}

impl Devices {
    fn closed(&self) -> Vec<u32> {
        self.closed.lock().unwrap().clone()
    }
}

/// A mesh of one pool.
struct Site {
    tree: Tree,
    events: Events,
    devices: Arc<Devices>,
    pool: ResourcePool<Arc<Devices>>,
}

type Taken = Result<Lease<Arc<Devices>>, LeaseError<NoDevice>>;

async fn site(policy: PoolPolicy) -> Site {
    let ground = Ground::new(Arbiters::current_thread());
    let means = Means {
        store: Store::memory(),
        events: ground.events.clone(),
        clock: ground.clock,
    };
    let devices = Arc::<Devices>::default();
    let (child, pool) = spec("device", Arc::clone(&devices), policy, &means);
    let root = Supervisor::one_for_one("root").child(child);
    Site {
        tree: Tree::start(root, &ground).await.unwrap(),
        events: ground.events,
        devices,
        pool,
    }
}

fn at_most(max_leases: u32) -> PoolPolicy {
    PoolPolicy {
        max_leases,
        ..PoolPolicy::default()
    }
}

impl Site {
    async fn take(&self) -> Lease<Arc<Devices>> {
        self.pool.take().await.unwrap()
    }

    fn directory(&self) -> &Directory {
        self.tree.directory()
    }

    fn view(&self) -> PoolView {
        let views = self.directory().views();
        let pool = views.into_iter().find_map(|(_, view)| match view {
            View::Pool(pool) => Some(pool),
            _ => None,
        });
        pool.unwrap()
    }

    /// What was told of the pool, as kind and cause.
    fn told(&self) -> Vec<(&'static str, String)> {
        let events = self.events.since(0);
        let of_pool = events
            .iter()
            .filter(|event| event.id.as_ref().is_some_and(|id| id.kind() == "pool"))
            .filter(|event| event.kind.starts_with("contract") || event.kind.starts_with("lease"));
        of_pool.map(|event| (event.kind, event.cause.clone())).collect()
    }
}

/// Moves time, and lets those act who are due.
async fn pass(time: Duration) {
    let step = Duration::from_millis(50);
    let mut left = time;
    while !left.is_zero() {
        let next = left.min(step);
        tokio::time::advance(next).await;
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        left -= next;
    }
}
