//! Leases on many threads at once.

use std::sync::atomic::AtomicUsize;

use hedgerow_supervisor::Clock;

use super::*;

/// Counts how many use it at once.
struct Counted(AtomicU32);

struct Maker {
    exist: AtomicU32,
    most: AtomicU32,
}

impl Source for Maker {
    type Resource = Counted;
    type Error = std::convert::Infallible;

    async fn create(&self) -> Result<Counted, Self::Error> {
        let exist = self.exist.fetch_add(1, Ordering::AcqRel) + 1;
        self.most.fetch_max(exist, Ordering::AcqRel);
        Ok(Counted(AtomicU32::new(0)))
    }

    fn close(&self, _: Counted) {
        self.exist.fetch_sub(1, Ordering::AcqRel);
    }
}

#[test]
fn no_resource_is_leased_twice_at_a_time_and_no_more_exist_than_may() {
    const THREADS: usize = 4;
    const EACH: usize = 2_000;
    for most in [1, 3, 50] {
        let maker = Maker {
            exist: AtomicU32::new(0),
            most: AtomicU32::new(0),
        };
        let pool = ResourcePool::new("counted", maker, at_most(most), Clock::start());
        let leased = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for thread in 0..THREADS {
                let (pool, leased) = (&pool, &leased);
                scope.spawn(move || {
                    let runtime = tokio::runtime::Builder::new_current_thread()
                        .enable_time()
                        .build()
                        .unwrap();
                    let task = |number: usize| async move {
                        for turn in 0..20 {
                            let lease = pool.take_within(Duration::from_secs(60)).await.unwrap();
                            assert_eq!(lease.0.fetch_add(1, Ordering::AcqRel), 0, "nobody else has it");
                            leased.fetch_add(1, Ordering::Relaxed);
                            if (number + turn).is_multiple_of(3) {
                                tokio::task::yield_now().await;
                            }
                            lease.0.fetch_sub(1, Ordering::AcqRel);
                            if (thread + number + turn).is_multiple_of(97) {
                                lease.discard();
                            }
                        }
                    };
                    runtime.block_on(futures_util::future::join_all((0..EACH / 20).map(task)));
                });
            }
        });
        assert_eq!(leased.into_inner(), THREADS * EACH);
        let source = pool.source();
        assert!(source.most.load(Ordering::Acquire) <= most);
        assert!(source.exist.load(Ordering::Acquire) <= most);
    }
}
