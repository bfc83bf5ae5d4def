//! The thread that exports.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use opentelemetry::InstrumentationScope;
use opentelemetry::logs::LoggerProvider as _;
use opentelemetry_sdk::logs::{LogBatch, LogExporter as _, SdkLoggerProvider};
use opentelemetry_sdk::metrics::exporter::PushMetricExporter as _;
use opentelemetry_sdk::trace::SpanExporter as _;
use tokio::sync::{oneshot, watch};
use tokio::time::{interval, sleep, timeout};

use super::actor::Shared;
use super::lane::{Driver, ended};
use super::layer::say_nothing_to_the_collector;
use super::waiting::BATCH;
use crate::SCOPE;

/// How long what waits may wait for others to go with.
const LINGER: Duration = Duration::from_secs(1);

/// How to stop a worker, and how to hear that it has ended.
pub(super) struct Ends {
    /// Sent, the worker exports what is left within its limit and ends; dropped, it ends at once.
    pub(super) stop: oneshot::Sender<()>,
    /// Resolves when it has ended, with an error where it crashed.
    pub(super) ended: oneshot::Receiver<()>,
}

/// Starts the thread. It has a runtime of its own: a collector that is slow holds up nobody else, and nobody else holds up
/// what is exported.
///
/// # Errors
/// Where the system has no thread, or its runtime cannot be made.
pub(super) fn start(shared: Arc<Shared>) -> io::Result<Ends> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (stop, stopped) = oneshot::channel();
    let (told, ended) = oneshot::channel();
    thread::Builder::new()
        .name("hedgerow-export".into())
        .spawn(move || {
            say_nothing_to_the_collector();
            runtime.block_on(run(&shared, stopped));
            let _ = told.send(());
        })?;
    Ok(Ends { stop, ended })
}

async fn run(shared: &Shared, stopped: oneshot::Receiver<()>) {
    let (close, closing) = watch::channel(false);
    let mut lanes = pin!(async {
        tokio::join!(
            logs(shared, closing.clone()),
            traces(shared, closing.clone()),
            metrics(shared, closing.clone()),
        )
    });
    let stopped = tokio::select! {
        _ = &mut lanes => return,
        stopped = stopped => stopped,
    };
    if stopped.is_ok() {
        close.send_replace(true);
        let limit = shared.settings.flush;
        if timeout(limit, lanes).await.is_err() {
            tracing::warn!(
                ?limit,
                "the collector has not taken all telemetry in time: the rest is lost"
            );
        }
    }
}

async fn logs(shared: &Shared, closing: watch::Receiver<bool>) {
    let Some(logs) = &shared.logs else { return };
    let mut driver = Driver::of(&logs.lane, closing);
    // The target of each line stands for who wrote it.
    let scope = InstrumentationScope::builder(SCOPE).build();
    let logger = SdkLoggerProvider::builder().build().logger(SCOPE);
    loop {
        tokio::select! {
            () = sleep(LINGER) => {}
            () = logs.lines.waiting().full() => {}
            () = ended(&mut driver.closing) => {}
        }
        loop {
            // Read first: what is put in before the end is taken after it.
            let is_last = *driver.closing.borrow();
            let lines = logs.lines.waiting().take();
            if lines.is_empty() {
                if is_last {
                    return;
                }
                break;
            }
            let records: Vec<_> = lines.into_iter().map(|line| line.record(&logger)).collect();
            let batch: Vec<_> = records.iter().map(|record| (record, &scope)).collect();
            driver
                .deliver(batch.len(), || logs.exporter.export(LogBatch::new(&batch)))
                .await;
        }
    }
}

async fn traces(shared: &Shared, closing: watch::Receiver<bool>) {
    let Some(traces) = &shared.traces else { return };
    let mut driver = Driver::of(&traces.lane, closing);
    let scope = scope();
    loop {
        tokio::select! {
            () = sleep(LINGER) => {}
            () = traces.spans.half_full() => {}
            () = ended(&mut driver.closing) => {}
        }
        let is_last = *driver.closing.borrow();
        let drained = traces.spans.drain().spans;
        for batch in drained.chunks(BATCH) {
            let batch: Vec<_> = batch
                .iter()
                .map(|record| super::span::data(record, &scope))
                .collect();
            driver
                .deliver(batch.len(), || traces.exporter.export(batch.clone()))
                .await;
        }
        if is_last {
            return;
        }
    }
}

async fn metrics(shared: &Shared, closing: watch::Receiver<bool>) {
    let Some(metrics) = &shared.metrics else { return };
    let mut driver = Driver::of(&metrics.lane, closing);
    let mut every = interval(metrics.every);
    // The first tick is at once, before there is anything to tell.
    every.tick().await;
    loop {
        tokio::select! {
            _ = every.tick() => {}
            () = ended(&mut driver.closing) => {}
        }
        let is_last = *driver.closing.borrow();
        if let Some(shown) = metrics.shown.get()
            && let Some(collected) = shown.collect()
        {
            // What they count is counted on: the next export tells what this one could not.
            driver.attempt(1, metrics.exporter.export(&collected)).await;
        }
        if is_last {
            return;
        }
    }
}

/// Who measures, in each export.
fn scope() -> InstrumentationScope {
    InstrumentationScope::builder(SCOPE)
        .with_version(env!("CARGO_PKG_VERSION"))
        .build()
}
