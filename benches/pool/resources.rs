//! What it costs to lease a resource that is bounded in number, while there are enough.

use std::convert::Infallible;
use std::hint::black_box;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_queue::ArrayQueue;
use futures_util::FutureExt as _;
use hedgerow::prelude::*;
use hedgerow_benches::Contest;
use tokio::runtime::Runtime;
use tokio::sync::{Semaphore, SemaphorePermit};

const AT_ONCE: &str = "there are enough";

/// What is leased: as large as a line, so that two of them share none.
#[derive(Default)]
#[repr(align(128))]
pub(crate) struct Thing(AtomicU64);

impl Thing {
    #[inline]
    pub(crate) fn used(&self) {
        self.0.fetch_add(black_box(1), Ordering::Relaxed);
    }
}

/// Makes things, for each of the pools.
pub(crate) struct Things;

impl Source for Things {
    type Resource = Thing;
    type Error = Infallible;

    async fn create(&self) -> Result<Thing, Infallible> {
        Ok(Thing::default())
    }
}

impl deadpool::managed::Manager for Things {
    type Type = Thing;
    type Error = Infallible;

    async fn create(&self) -> Result<Thing, Infallible> {
        Ok(Thing::default())
    }

    async fn recycle(
        &self,
        _: &mut Thing,
        _: &deadpool::managed::Metrics,
    ) -> deadpool::managed::RecycleResult<Infallible> {
        Ok(())
    }
}

impl bb8::ManageConnection for Things {
    type Connection = Thing;
    type Error = Infallible;

    async fn connect(&self) -> Result<Thing, Infallible> {
        Ok(Thing::default())
    }

    async fn is_valid(&self, _: &mut Thing) -> Result<(), Infallible> {
        Ok(())
    }

    fn has_broken(&self, _: &mut Thing) -> bool {
        false
    }
}

/// `r2d2` wants an error that is one.
#[derive(Debug, thiserror::Error)]
#[error("never")]
pub(crate) struct Never;

impl r2d2::ManageConnection for Things {
    type Connection = Thing;
    type Error = Never;

    fn connect(&self) -> Result<Thing, Never> {
        Ok(Thing::default())
    }

    fn is_valid(&self, _: &mut Thing) -> Result<(), Never> {
        Ok(())
    }

    fn has_broken(&self, _: &mut Thing) -> bool {
        false
    }
}

/// What is commonly written by hand: tokio's semaphore, and a queue of what waits.
pub(crate) struct ByHand {
    semaphore: Semaphore,
    idle: ArrayQueue<Thing>,
}

impl ByHand {
    pub(crate) fn new(most: u32) -> Self {
        Self {
            semaphore: Semaphore::new(most as usize),
            idle: ArrayQueue::new(most as usize),
        }
    }

    pub(crate) async fn take(&self) -> (Thing, SemaphorePermit<'_>) {
        let permit = self.semaphore.acquire().await.expect("nobody closes it");
        (self.idle.pop().unwrap_or_default(), permit)
    }

    pub(crate) fn give(&self, (thing, permit): (Thing, SemaphorePermit<'_>)) {
        drop(self.idle.push(thing));
        drop(permit);
    }
}

/// A mesh of one pool, and the runtime that it was started on.
pub(crate) struct Ours {
    runtime: Runtime,
    mesh: Mesh,
    pub(crate) pool: ResourcePool<Things>,
}

impl Ours {
    pub(crate) fn new(most: u32, barging: u32) -> Self {
        let runtime = Runtime::new().expect("there are threads");
        let policy = PoolPolicy {
            max_leases: most,
            barging,
            ..PoolPolicy::default()
        };
        let pool = Pool::new("things", Things).policy(policy);
        let tree = Supervisor::one_for_one("bench").child(pool);
        let mesh = runtime.block_on(Mesh::new(tree).start()).expect("it is a tree");
        let pool = mesh.pool("things").expect("it was declared");
        Self { runtime, mesh, pool }
    }

    pub(crate) fn end(self) {
        let ended = self.runtime.block_on(self.mesh.shutdown());
        ended.expect("it did not give up");
    }
}

pub(crate) fn deadpool(most: u32) -> deadpool::managed::Pool<Things> {
    let builder = deadpool::managed::Pool::builder(Things).max_size(most as usize);
    builder.build().expect("it needs no runtime")
}

pub(crate) fn bb8(most: u32, runtime: &Runtime) -> bb8::Pool<Things> {
    let builder = bb8::Pool::builder().max_size(most).min_idle(Some(most));
    runtime
        .block_on(builder.build(Things))
        .expect("things cannot fail")
}

/// Prints what a lease costs, one and two threads at a time.
pub(crate) fn resources() {
    const MOST: u32 = 64;
    println!(
        "resources: nanoseconds to lease one of {MOST}, use it and give it back, while there are enough\n"
    );
    let ours = Ours::new(MOST, 0);
    let by_hand = ByHand::new(MOST);
    let deadpool = deadpool(MOST);
    let bb8 = bb8(MOST, &ours.runtime);
    let r2d2 = r2d2::Pool::builder()
        .max_size(MOST)
        .build(Things)
        .expect("things cannot fail");
    for threads in [1, 2] {
        let threads = NonZeroUsize::new(threads).unwrap_or(NonZeroUsize::MIN);
        let outcome = Contest::new(threads)
            .contestant("hedgerow", |count| {
                let _inside = ours.runtime.enter();
                (0..count).for_each(|_| {
                    let lease = ours.pool.take().now_or_never().expect(AT_ONCE);
                    lease.expect(AT_ONCE).used();
                });
            })
            .contestant("Semaphore + ArrayQueue", |count| {
                (0..count).for_each(|_| {
                    let lease = by_hand.take().now_or_never().expect(AT_ONCE);
                    lease.0.used();
                    by_hand.give(lease);
                });
            })
            .contestant("deadpool", |count| {
                (0..count).for_each(|_| {
                    let lease = deadpool.get().now_or_never().expect(AT_ONCE);
                    lease.expect(AT_ONCE).used();
                });
            })
            .contestant("bb8", |count| {
                let _inside = ours.runtime.enter();
                (0..count).for_each(|_| {
                    let lease = bb8.get().now_or_never().expect(AT_ONCE);
                    lease.expect(AT_ONCE).used();
                });
            })
            .contestant("r2d2", |count| {
                (0..count).for_each(|_| r2d2.get().expect(AT_ONCE).used());
            })
            .run();
        println!("{outcome}");
    }
    drop(bb8);
    ours.end();
}
