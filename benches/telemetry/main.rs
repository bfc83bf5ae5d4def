//! What a request pays for being traced and counted, beside the SDK of OpenTelemetry called from the same place.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

mod floor;
mod metrics;
mod sdk;

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use hedgerow_actors::chain::{Arrival, ChainHandle, Reply, RequestHead, spec};
use hedgerow_actors::revision::Revisions;
use hedgerow_benches::machine::Facts;
use hedgerow_benches::{Contest, Outcome};
use hedgerow_supervisor::{Arbiters, Clock, Ground, Sampling, Spans, Supervisor, Tree};
use http::{HeaderName, StatusCode};
use opentelemetry_sdk::trace::Sampler;

use floor::Floor;
use sdk::Sdk;

/// Spans for which there is room on each thread of ours, and in the SDK's queue.
const ROOM: usize = 1 << 15;

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
    for sampled in ["not sampled", "sampled"] {
        let ours = added(&format!("ours, {sampled}"));
        let floor = added(&format!("the floor, {sampled}"));
        let theirs = added(&format!("the SDK, {sampled}"));
        println!(
            "{sampled}: {ours:.0} ns on the request's thread, of which {floor:.0} are the floor; the SDK: {theirs:.0} ns; \
             ratio 1/{:.1}",
            theirs / ours
        );
    }
    println!();
}

/// Takes what was recorded whenever the exporter would: when a ring is half full, and after a while. How many spans there were.
fn drain(spans: &Spans, is_over: &AtomicBool) -> usize {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime needs nothing but memory");
    runtime.block_on(async {
        let mut drained = 0;
        while !is_over.load(Ordering::Relaxed) {
            // After a tenth of the exporter's time, so that the bench ends soon.
            let _ = tokio::time::timeout(Duration::from_millis(100), spans.half_full()).await;
            drained += spans.drain().spans.len();
        }
        drained + spans.drain().spans.len()
    })
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
        let sampling = share.map(|share| Sampling::share(share).most_per_thread(ROOM));
        let spans = sampling.map(|sampling| Spans::new(Clock::start(), sampling));
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
    let clock = Clock::start();
    let (sdk_off, sdk_on) = (
        Sdk::new(Sampler::AlwaysOff, ROOM),
        Sdk::new(Sampler::AlwaysOn, ROOM),
    );
    let asked_of_the_sdk = AtomicU64::new(0);
    let (ours, theirs) = (metrics::Ours::default(), metrics::Theirs::new());
    let is_over = AtomicBool::new(false);
    let drained = thread::scope(|scope| {
        let draining = scope.spawn(|| drain(&spans, &is_over));
        for threads in [1, 2] {
            let threads = NonZeroUsize::new(threads).expect("it is one or two");
            let outcome = Contest::new(threads)
                .contestant("off", |count| pass(&off, count, || ()))
                .contestant("the floor, not sampled", |count| {
                    pass(&off, count, || Floor::of(clock, false))
                })
                .contestant("ours, not sampled", |count| pass(&unsampled, count, || ()))
                .contestant("the SDK, not sampled", |count| {
                    pass(&off, count, || sdk_off.span())
                })
                .contestant("the floor, sampled", |count| {
                    pass(&off, count, || Floor::of(clock, true))
                })
                .contestant("ours, sampled", |count| pass(&sampled, count, || ()))
                .contestant("the SDK, sampled", |count| {
                    asked_of_the_sdk.fetch_add(count, Ordering::Relaxed);
                    pass(&off, count, || sdk_on.span());
                })
                .run();
            told(&outcome);
            println!(
                "{}\n",
                metrics::contest(Contest::new(threads), &ours, &theirs).run()
            );
        }
        is_over.store(true, Ordering::Relaxed);
        draining.join().unwrap_or_default()
    });
    let (recorded, dropped) = (spans.recorded(), spans.dropped());
    println!("ours: {recorded} recorded, {drained} drained, {dropped} dropped as a ring was full");
    let asked = asked_of_the_sdk.load(Ordering::Relaxed);
    let dropped = asked.saturating_sub(sdk_on.exported());
    println!("the SDK: {asked} recorded, {dropped} dropped as its queue was full");
    runtime.block_on(async {
        for tree in trees {
            tree.stop().await;
        }
        arbiters.shutdown().await;
    });
}
