#![allow(clippy::unwrap_used)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::attribute::MOST;
use super::kept::ROOM;
use super::{AttributeValue, Sampling, Span, SpanKind, SpanRecord, SpanStatus, Spans};
use crate::clock::Clock;
use crate::context::{Context, Trace};

fn spans() -> Spans {
    Spans::new(Clock::start(), Sampling::share(1.0))
}

fn root(spans: &Spans) -> Span {
    spans.root(Trace::fresh(Trace::SAMPLED), None, "root")
}

fn only(spans: &Spans) -> SpanRecord {
    let mut drained = spans.drain();
    assert_eq!((drained.spans.len(), drained.dropped), (1, 0));
    drained.spans.remove(0)
}

#[test]
fn what_is_said_of_a_span_is_read_from_its_record() {
    let spans = spans();
    let mut span = root(&spans)
        .client()
        .attribute("number", 7_u16)
        .attribute("text", "seven")
        .attribute("shared", Arc::<str>::from("sieben"))
        .attribute("static", AttributeValue::Static("sept"))
        .attribute("is", true)
        .attribute("half", 3.5);
    span.set("number", 8_u64);
    span.rename(&["GET", " ", "/pay"]);
    let trace = span.trace().unwrap();
    span.fail("timeout");
    drop(span);
    let record = only(&spans);
    assert_eq!((record.name(), record.kind()), ("GET /pay", SpanKind::Client));
    assert_eq!((record.trace(), record.parent()), (trace, None));
    assert_eq!(record.status(), SpanStatus::Error);
    let said: Vec<_> = record
        .attributes()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    let told = [
        "number=8",
        "text=seven",
        "shared=sieben",
        "static=sept",
        "is=true",
        "half=3.5",
        "error.type=timeout",
    ];
    assert_eq!(said, told);
    assert_eq!(record.dropped_attributes(), 0);
    assert!(spans.drain().spans.is_empty(), "it is drained once");
}

#[test]
fn what_has_no_room_is_cut_at_a_letter_or_dropped_and_counted() {
    const KEYS: [&str; 20] = [
        "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s", "t",
    ];
    let spans = spans();
    let mut span = root(&spans);
    // Each of these letters has two bytes: one is left over.
    span.set("a", format!("x{}", "é".repeat(ROOM)).as_str());
    span.set("b", "é");
    KEYS.into_iter().skip(2).for_each(|key| span.set(key, 1_u16));
    drop(span);
    let record = only(&spans);
    assert_eq!(record.attributes().count(), MOST);
    assert_eq!(
        usize::try_from(record.dropped_attributes()).unwrap(),
        KEYS.len() - MOST
    );
    let said = |key| record.attribute(key).unwrap().text().unwrap().len();
    assert_eq!((said("a"), said("b")), (ROOM - 1, 0));
}

#[test]
fn what_is_said_again_and_again_takes_no_more_room_than_a_span_has() {
    let spans = spans();
    let mut span = root(&spans);
    for number in 0..10_000_u32 {
        span.set("text", AttributeValue::Static("static"));
        span.set("text", Arc::<str>::from("shared"));
        span.set("number", number);
    }
    drop(span);
    let record = only(&spans);
    assert_eq!(record.attributes().count(), 2);
    assert_eq!(record.attribute("number"), Some(AttributeValue::Integer(9_999)));
    // There was room for the first ones, and none for the last one.
    assert_eq!(record.attribute("text"), Some(AttributeValue::Text("")));
}

#[test]
fn a_part_knows_its_span_and_a_trace_that_is_not_sampled_has_none() {
    let spans = spans();
    let whole = root(&spans);
    let part = whole.child("part");
    let deep = part.context().enter(|| Span::begin("deep"));
    let traces = [&whole, &part, &deep].map(|span| span.trace().unwrap());
    drop((deep, part, whole));
    let drained = spans.drain().spans;
    let parents: Vec<_> = drained.iter().map(SpanRecord::parent).collect();
    assert_eq!(
        parents,
        [Some(traces[1].span_id()), Some(traces[0].span_id()), None]
    );
    assert!(
        drained
            .iter()
            .all(|span| span.trace().trace_id() == traces[0].trace_id())
    );

    let unsampled = Trace::fresh(0);
    assert!(!spans.child(unsampled, "part").is_recorded());
    Context::default()
        .with_trace(unsampled)
        .enter(|| assert!(!Span::begin("part").is_recorded()));
    // A trace that others record is not recorded by anybody here.
    Context::default()
        .with_trace(Trace::fresh(Trace::SAMPLED))
        .enter(|| assert!(!Span::begin("part").is_recorded()));
    assert_eq!(size_of::<Span>(), size_of::<usize>());
    assert!(spans.drain().spans.is_empty());
}

#[test]
fn a_full_ring_drops_and_counts_and_what_is_kept_besides_leaves_half_of_it() {
    let spans = Spans::new(Clock::start(), Sampling::share(0.0).most_per_thread(4));
    (0..5).for_each(|_| drop(root(&spans).as_kept()));
    let mut full = Box::pin(spans.half_full());
    let mut task = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(full.as_mut().poll(&mut task).is_ready(), "it is time to drain");
    (0..5).for_each(|_| drop(root(&spans)));
    assert_eq!((spans.recorded(), spans.dropped()), (4, 6));
    let drained = spans.drain();
    assert_eq!((drained.spans.len(), drained.dropped), (4, 6));
    assert_eq!(spans.drain().dropped, 0, "each is told once");
    drop(root(&spans));
    assert_eq!(spans.drain().spans.len(), 1);
}

#[test]
fn what_a_thread_has_recorded_outlives_it_and_its_counts_do_too() {
    let spans = spans();
    let there = spans.clone();
    thread::spawn(move || (0..3).for_each(|_| drop(root(&there))))
        .join()
        .unwrap();
    drop(root(&spans));
    assert_eq!(spans.drain().spans.len(), 4);
    assert_eq!((spans.drain().spans.len(), spans.recorded()), (0, 4));
}

#[test]
fn two_recorders_on_a_thread_do_not_mix() {
    let (one, other) = (spans(), spans().apart());
    drop(root(&one));
    drop((root(&other), root(&other)));
    assert_eq!((one.drain().spans.len(), other.drain().spans.len()), (1, 2));
    assert_ne!(one, other);
    assert_eq!(one, one.apart());
}

#[test]
fn a_span_over_which_a_panic_unwinds_has_failed() {
    let spans = spans();
    let crashed = catch_unwind(AssertUnwindSafe(|| {
        let _span = root(&spans);
        panic!("told to");
    }));
    assert!(crashed.is_err());
    let record = only(&spans);
    assert_eq!(record.status(), SpanStatus::Error);
    assert_eq!(
        record.attribute("error.type"),
        Some(AttributeValue::Static("panic"))
    );
}

#[tokio::test(start_paused = true)]
async fn times_are_those_of_the_mesh_and_of_the_wall() {
    let spans = spans();
    let before = Clock::start().wall();
    let span = root(&spans);
    tokio::time::advance(Duration::from_secs(3)).await;
    let end = spans.now();
    tokio::time::advance(Duration::from_secs(2)).await;
    span.end_at(end);
    let record = only(&spans);
    assert_eq!(record.took(), Duration::from_secs(3));
    assert_eq!(
        record.end().duration_since(record.start()).unwrap(),
        record.took()
    );
    // It was drained five seconds after it began.
    let began = before.checked_sub(Duration::from_secs(5)).unwrap();
    assert!(record.start() >= began && record.start() < before);
}

#[tokio::test]
async fn the_work_in_a_span_is_its_part_and_says_so_where_it_is_cancelled() {
    let spans = spans();
    let whole = root(&spans);
    let inner = whole.child("work");
    inner.scope(async { drop(Span::begin("part")) }).await;
    let waits = whole.child("waits").scope(std::future::pending::<()>());
    drop(waits);
    drop(whole);
    let drained = spans.drain().spans;
    let told: Vec<_> = drained
        .iter()
        .map(|span| {
            (
                span.name().to_owned(),
                span.attribute("hedgerow.cancelled").is_some(),
            )
        })
        .collect();
    let told: Vec<_> = told.iter().map(|(name, is)| (name.as_str(), *is)).collect();
    assert_eq!(
        told,
        [("part", false), ("work", false), ("waits", true), ("root", false)]
    );
    assert_eq!(drained[0].parent(), Some(drained[1].trace().span_id()));
}

#[test]
fn a_share_of_all_traces_is_drawn() {
    let drawn = |share| {
        let spans = Spans::new(Clock::start(), Sampling::share(share));
        crate::chance::seed(5);
        (0..10_000).filter(|_| spans.draws()).count()
    };
    assert_eq!((drawn(0.0), drawn(1.0)), (0, 10_000));
    // Five standard deviations: 150.
    assert!(drawn(0.1).abs_diff(1_000) < 150);
}
