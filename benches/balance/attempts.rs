//! A whole attempt at an upstream, with the gates that it passes: chosen, begun, reported.

use std::num::NonZeroUsize;

use hedgerow_actors::breaker::Means;
use hedgerow_actors::upstream::{CallKeys, UpstreamHandle, spec};
use hedgerow_actors::verdict::Verdict;
use hedgerow_benches::Contest;
use hedgerow_config::{Balance, Upstream};
use hedgerow_store::Store;
use hedgerow_supervisor::{Arbiters, Ground, Supervisor, Tree};

fn batch(upstream: &UpstreamHandle, count: u64) {
    for call in 0..count {
        let keys = CallKeys {
            hash: Some(call),
            ..CallKeys::default()
        };
        let mut call = upstream.enter(&keys).expect("nothing stands in front of it");
        let attempt = call.attempt().expect("all breakers are closed");
        attempt.report(Verdict::success());
        call.report(Verdict::success());
    }
}

pub(crate) fn contest(threads: NonZeroUsize) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime needs nothing but memory");
    let arbiters = Arbiters::threads(NonZeroUsize::MIN).expect("a bench may have a thread");
    let ground = Ground::new(arbiters.clone());
    let means = Means {
        store: Store::memory(),
        events: ground.events.clone(),
        clock: ground.clock,
    };
    let mut contest = Contest::new(threads);
    let mut root = Supervisor::one_for_one("root");
    for (balance, count) in [
        (Balance::RoundRobin, 1),
        (Balance::RoundRobin, 2),
        (Balance::LeastRequest, 2),
        (Balance::P2cEwma, 2),
        (Balance::RoundRobin, 1_000),
        (Balance::P2cEwma, 1_000),
    ] {
        let name = format!("{}, {count} endpoints", balance.name());
        let addrs = (0..count).map(|number| format!("10.0.0.1:{}", 1_024 + number).parse());
        let addrs = addrs
            .collect::<Result<_, _>>()
            .expect("ports of five digits are legal");
        let config = Upstream {
            balance,
            ..Upstream::new(name.clone(), addrs)
        };
        let (child, upstream) = spec(&config, &means, None).expect("its names are short");
        root = root.child(child);
        contest = contest.contestant(name, move |count| batch(&upstream, count));
    }
    let tree = runtime
        .block_on(Tree::start(root, &ground))
        .expect("the tree is right");
    println!("an attempt, reported:\n{}", contest.run());
    runtime.block_on(async {
        tree.stop().await;
        arbiters.shutdown().await;
    });
}
