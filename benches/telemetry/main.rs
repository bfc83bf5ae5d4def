//! What a request pays for being traced, beside the SDK of OpenTelemetry called from the same place.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

mod sdk;

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;

use hedgerow_actors::chain::{Arrival, ChainHandle, Reply, RequestHead, spec};
use hedgerow_actors::revision::Revisions;
use hedgerow_benches::machine::Facts;
use hedgerow_benches::{Contest, Outcome};
use hedgerow_supervisor::{Arbiters, Clock, Ground, Sampling, Spans, Supervisor, Tree};
use http::{HeaderName, StatusCode};

/// A request of a client that traces nothing.
pub(crate) struct Get;

impl RequestHead for Get {
    fn method(&self) -> &str {
        "GET"
    }

    fn path(&self) -> &str {
        "/pay/orders/4711"
    }

    fn authority(&self) -> Option<&str> {
        Some("shop.example:8080")
    }

    fn protocol_version(&self) -> Option<&'static str> {
        Some("1.1")
    }

    fn tells_trace_itself(&self) -> bool {
        true
    }

    fn header(&self, _: &HeaderName) -> Option<&[u8]> {
        None
    }
}

/// Has a request pass a chain, and around it what `around` does.
fn pass<T>(chain: &ChainHandle, count: u64, around: impl Fn() -> T) {
    let mut task = Context::from_waker(Waker::noop());
    let mut reply = Reply::new(StatusCode::OK);
    for _ in 0..count {
        let _around = around();
        match chain.enter().poll_descend(&mut Get, &mut task) {
            Poll::Ready(Ok(Arrival::Through(passage))) => match passage.answer(&mut reply) {
                Ok(ending) => ending.complete(),
                Err(turned) => panic!("no node is there that could crash: {turned:?}"),
            },
            other => panic!("no node is there that could turn it back: {other:?}"),
        }
    }
}

/// What the chain costs and what each way of tracing adds to it, in nanoseconds.
fn told(outcome: &Outcome) {
    println!("{outcome}");
    let row = |name: &str| outcome.rows.iter().find(|row| row.name == name);
    let Some(base) = row("off") else { return };
    let added = |name: &str| row(name).map_or(f64::NAN, |row| row.median - base.median);
    for (ours, theirs) in [
        ("ours, not sampled", "the SDK, not sampled"),
        ("ours, sampled", "the SDK, sampled"),
    ] {
        let (ours_ns, theirs_ns) = (added(ours), added(theirs));
        println!(
            "{ours}: {ours_ns:.0} ns on the request's thread; {theirs}: {theirs_ns:.0} ns; ratio 1/{:.1}",
            theirs_ns / ours_ns
        );
    }
    println!();
}

fn main() {
    println!("telemetry: nanoseconds for one request through an empty chain, by what is recorded of it");
    println!("{}\n", Facts::now());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime needs nothing but memory");
    let arbiters = Arbiters::threads(NonZeroUsize::MIN).expect("a bench may have a thread");
    let mut trees = Vec::new();
    let mut chain = |share: Option<f64>| {
        let (child, chain) = spec("edge", &Revisions::beginning_at(1), Vec::new());
        let spans = share.map(|share| Spans::new(Clock::start(), Sampling::share(share)));
        if let Some(spans) = &spans {
            chain.record(spans);
        }
        let root = Supervisor::one_for_one("root").child(child);
        let tree = runtime.block_on(Tree::start(root, &Ground::new(arbiters.clone())));
        trees.push(tree.expect("the tree is right"));
        (chain, spans)
    };
    let (off, _) = chain(None);
    let (unsampled, _) = chain(Some(0.0));
    let (sampled, spans) = chain(Some(1.0));
    let spans = spans.expect("it was made with a recorder");
    let (sdk_off, sdk_on) = (sdk::Sdk::sampling_nothing(), sdk::Sdk::sampling_all());
    let is_over = AtomicBool::new(false);
    let drained = thread::scope(|scope| {
        let draining = scope.spawn(|| {
            let mut drained = 0;
            while !is_over.load(Ordering::Relaxed) {
                // As the SDK's own thread does with what is there.
                drained += spans.drain().spans.len();
                thread::yield_now();
            }
            drained
        });
        for threads in [1, 2] {
            let threads = NonZeroUsize::new(threads).expect("it is one or two");
            let outcome = Contest::new(threads)
                .contestant("off", |count| pass(&off, count, || ()))
                .contestant("ours, not sampled", |count| pass(&unsampled, count, || ()))
                .contestant("ours, sampled", |count| pass(&sampled, count, || ()))
                .contestant("the SDK, not sampled", |count| {
                    pass(&off, count, || sdk_off.span())
                })
                .contestant("the SDK, sampled", |count| pass(&off, count, || sdk_on.span()))
                .run();
            told(&outcome);
        }
        is_over.store(true, Ordering::Relaxed);
        draining.join().unwrap_or_default()
    });
    let (recorded, dropped) = (spans.recorded(), spans.dropped());
    println!("ours: {recorded} recorded, {drained} drained, {dropped} dropped as a ring was full");
    runtime.block_on(async {
        for tree in trees {
            tree.stop().await;
        }
        arbiters.shutdown().await;
    });
}
