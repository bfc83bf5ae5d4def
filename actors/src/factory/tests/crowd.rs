//! Many threads at once.
#![allow(clippy::unwrap_used)]

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::{BoxFuture, join_all};
use hedgerow_supervisor::{Arbiters, Ground, Supervisor, Tree};
use tokio::runtime::Handle;
use tokio::sync::Barrier;

use crate::factory::{self, FactoryPolicy, FactoryScope, Recipe, Spawn};

const CALLERS: usize = 1_000;

/// Runs work on the threads of the callers: the actor's has a runtime without I/O.
struct There(Handle);

impl Spawn for There {
    fn spawn(&self, work: BoxFuture<'static, ()>) {
        drop(self.0.spawn(work));
    }
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the callers of a test end with its runtime"
)]
fn a_thousand_first_uses_at_once_make_one_attempt() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let ground = Ground::new(Arbiters::threads(NonZeroUsize::MIN).unwrap());
        let attempts = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&attempts);
        let all_ask = Arc::new(Barrier::new(CALLERS));
        let recipe = Recipe::new(move || {
            let attempt = counted.fetch_add(1, Ordering::SeqCst) + 1;
            async move {
                tokio::task::yield_now().await;
                Ok::<_, String>(attempt)
            }
        });
        let policy = FactoryPolicy::of(FactoryScope::Global);
        let told = (&ground.events, ground.clock);
        let (spec, factory) =
            factory::spec("ledger", recipe, policy, Arc::new(There(Handle::current())), told);
        let tree = Tree::start(Supervisor::one_for_one("root").child(spec), &ground)
            .await
            .unwrap();
        let callers = (0..CALLERS).map(|_| {
            let (factory, all_ask) = (factory.clone(), Arc::clone(&all_ask));
            tokio::spawn(async move {
                all_ask.wait().await;
                *factory.lease().await.unwrap()
            })
        });
        let leased = join_all(callers).await;
        assert!(leased.into_iter().all(|attempt| attempt.unwrap() == 1));
        assert_eq!(attempts.load(Ordering::SeqCst), 1);
        tree.stop().await;
    });
}
