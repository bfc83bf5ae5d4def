//! What is kept of denied requests, how much of it, and what it costs who is denied.
#![allow(clippy::unwrap_used)]

use std::time::SystemTime;

use super::*;

fn denials() -> Denials {
    Denials::new(Clock::start())
}

fn denial(request: &str, trace: Option<&str>) -> DenialView {
    DenialView {
        request_id: Some(request.to_owned()),
        trace_id: trace.map(str::to_owned),
        at: SystemTime::UNIX_EPOCH.into(),
        status: 503,
        id: "payments".to_owned(),
        rule: "overload".to_owned(),
        limit: "1".to_owned(),
        observed: "2".to_owned(),
        retry_after_ms: None,
        chain: "edge".to_owned(),
        revision: None,
        method: None,
        path: None,
        upstream: None,
        attempts: 0,
    }
}

fn ids(found: &[Arc<DenialView>]) -> Vec<&str> {
    let ids = found.iter().map(|denial| denial.request_id.as_deref());
    ids.map(Option::unwrap).collect()
}

/// Keeps one of this second.
fn keep(denials: &Denials, second: u64, request: &str, trace: Option<&str>) {
    denials.keep(|_| {
        let at = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(second);
        DenialView {
            at: at.into(),
            ..denial(request, trace)
        }
    });
}

#[test]
fn a_denial_is_found_by_the_id_of_its_request_and_by_that_of_its_trace() {
    let denials = denials();
    keep(&denials, 1, "a", Some("0af7651916cd43dd8448eb211c80319c"));
    keep(&denials, 2, "b", None);
    let found = |id| denials.find(id).and_then(|denial| denial.request_id.clone());
    assert_eq!(found("a").as_deref(), Some("a"));
    assert_eq!(found("b").as_deref(), Some("b"));
    assert_eq!(found("0AF7651916cd43dd8448eb211c80319c").as_deref(), Some("a"));
    assert_eq!(found("c"), None);
    assert_eq!(found(""), None);
}

#[test]
fn of_those_with_the_same_id_the_newest_is_found_whatever_thread_kept_it() {
    let denials = denials();
    for second in [3, 1, 2] {
        let denials = denials.clone();
        std::thread::spawn(move || keep(&denials, second, "same", None))
            .join()
            .unwrap();
    }
    let newest = denials.find("same").unwrap();
    assert_eq!(newest.at.to_string(), "1970-01-01T00:00:03.000Z");
}

#[test]
fn the_newest_come_first_from_all_threads_and_no_more_than_were_asked_for() {
    let denials = denials();
    for (second, id) in [(1, "first"), (2, "second"), (3, "third")] {
        let denials = denials.clone();
        std::thread::spawn(move || keep(&denials, second, id, None))
            .join()
            .unwrap();
    }
    assert_eq!(ids(&denials.newest(2)), ["third", "second"]);
    assert_eq!(ids(&denials.newest(9)), ["third", "second", "first"]);
}

#[test]
fn at_the_limit_the_oldest_goes() {
    let denials = denials();
    for number in 0..=KEPT {
        keep(&denials, number as u64, &number.to_string(), None);
    }
    assert_eq!(denials.kept(), KEPT);
    assert!(denials.find("0").is_none());
    assert!(denials.find("1").is_some());
}

#[test]
fn denials_with_long_texts_are_cut_and_bounded_by_their_bytes() {
    let denials = denials();
    for number in 0..KEPT {
        denials.keep(|_| DenialView {
            observed: "é".repeat(TEXT),
            path: Some("x".repeat(9 * TEXT)),
            limit: "y".repeat(TEXT),
            ..denial(&number.to_string(), None)
        });
    }
    assert!(denials.kept() < KEPT, "{}", denials.kept());
    let shard = denials.ledger.shards[mine()].lock();
    let weighed: usize = shard.denials.iter().map(|denial| weight(denial)).sum();
    assert_eq!(shard.bytes, weighed);
    assert!(weighed <= BYTES, "{weighed}");
    let last = shard.denials.back().unwrap();
    assert_eq!(last.observed, "é".repeat(TEXT / 2));
    assert_eq!(last.path.as_ref().map(String::len), Some(TEXT));
}

#[test]
fn who_is_denied_does_not_wait_for_who_reads() {
    let denials = denials();
    let reader = denials.ledger.shards[mine()].lock();
    denials.keep(|_| panic!("it is not even made"));
    drop(reader);
    assert_eq!((denials.kept(), denials.missed()), (0, 1));
    keep(&denials, 1, "a", None);
    assert_eq!((denials.kept(), denials.missed()), (1, 1));
}
