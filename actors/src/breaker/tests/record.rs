use std::time::Duration;

use hedgerow_config::{BreakerPolicy, SlowCall, TripWhen, WindowLength};
use hedgerow_gate::State;

use super::super::{Instruction, Record, RecordError, policy_hash};
use super::{EPOCH_UNIX_MS, at, closed, policy, seen, sums};

#[test]
fn a_record_survives_its_bytes() {
    let mut machine = closed();
    assert_eq!(
        Record::decode(&machine.record().encode()).unwrap(),
        machine.record()
    );
    machine.step(at(300), &seen(sums(10, 16))).unwrap();
    assert_eq!(
        Record::decode(&machine.record().encode()).unwrap(),
        machine.record()
    );
}

#[test]
fn the_bytes_are_json_that_people_can_read() {
    let mut machine = closed();
    machine.step(at(300), &seen(sums(10, 16))).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&machine.record().encode()).unwrap();
    let expected = serde_json::json!({
        "version": 2,
        "state": "open",
        "since": EPOCH_UNIX_MS + 300,
        "halfOpenAt": EPOCH_UNIX_MS + 1_300,
        "openCount": 1,
        "policy": policy_hash(&policy()),
        "window": { "calls": 26, "failures": 16, "slow": 0 },
        "lastTransition": {
            "from": "closed",
            "to": "open",
            "cause": "failureRate: limit 50 %, observed 61.5 % of 26 calls",
            "rule": "failureRate",
            "limit": "50 %",
            "observed": "61.5 % of 26 calls",
            "at": EPOCH_UNIX_MS + 300,
        },
    });
    assert_eq!(json, expected);
}

/// As the version before `version` wrote it.
const OLD: &str = r#"{"state":"open","since":1800000000300,"halfOpenAt":1800000001300,"openCount":3,
    "policy":8825156736264100829,"window":{"calls":26,"failures":16},"lastTransition":{"from":"closed","to":"open",
    "cause":"c","rule":"failureRate","limit":"50 %","observed":"61.5 % of 26 calls","at":1800000000300}}"#;

#[test]
fn a_record_of_the_first_version_is_read() {
    let record = Record::decode(OLD.as_bytes()).unwrap();
    assert_eq!(
        (record.version, record.state, record.open_count),
        (1, State::Open, 3)
    );
    assert_eq!((record.author, record.window.slow), (None, 0));
    assert_eq!(record.last_transition.unwrap().author, None);
}

#[test]
fn a_record_of_a_later_version_is_refused_by_its_number() {
    let later = OLD
        .replacen('{', "{\"version\":3,\"unheard\":true,", 1)
        .replace("\"since\"", "\"sincere\"");
    let error = Record::decode(later.as_bytes()).unwrap_err();
    assert!(matches!(error, RecordError::Newer { found: 3 }), "{error}");
}

#[test]
fn a_forced_state_is_kept_with_its_author() {
    let mut machine = closed();
    machine
        .instruct(at(1), Instruction::Disable, "ada", sums(0, 0))
        .unwrap();
    let record = Record::decode(&machine.record().encode()).unwrap();
    assert_eq!(
        (record.state, record.author.as_deref()),
        (State::Disabled, Some("ada"))
    );
    assert_eq!(record.last_transition.unwrap().author.as_deref(), Some("ada"));
}

#[test]
fn bytes_that_are_no_record_are_a_typed_error() {
    let whole = closed().record().encode();
    let unknown = String::from_utf8(whole.clone())
        .unwrap()
        .replace("closed", "ajar")
        .into_bytes();
    for bytes in [&b""[..], b"{}", b"\xff\x00", &whole[..whole.len() - 1], &unknown] {
        assert!(matches!(Record::decode(bytes), Err(RecordError::Malformed(_))));
    }
}

#[test]
fn an_open_record_without_an_end_is_refused_and_so_is_an_end_without_open() {
    for (state, half_open_at) in [
        (State::Open, None),
        (State::Closed, Some(1)),
        (State::HalfOpen, Some(1)),
    ] {
        let record = Record {
            state,
            half_open_at,
            ..closed().record()
        };
        let error = Record::decode(&record.encode()).unwrap_err();
        assert!(matches!(error, RecordError::Contradiction { .. }), "{error}");
    }
}

#[test]
fn the_hash_of_a_policy_is_the_same_for_ever() {
    // Pinned: another value makes every record on every disk one of a foreign policy.
    assert_eq!(policy_hash(&BreakerPolicy::default()), 7_135_121_065_391_769_086);
}

#[test]
fn every_rule_has_a_say_in_the_hash() {
    let base = policy();
    let changes: [fn(&mut BreakerPolicy); 21] = [
        |p| p.window = WindowLength::Time(Duration::from_secs(20)),
        |p| p.window = WindowLength::Calls(100),
        |p| p.trip_when = TripWhen::All,
        |p| p.slow_call = Some(SlowCall::default()),
        |p| {
            p.slow_call = Some(SlowCall {
                rate: 0.8,
                ..SlowCall::default()
            });
        },
        |p| p.consecutive_timeouts = Some(6),
        |p| p.consecutive_timeouts = None,
        |p| p.half_open.every = Duration::from_secs(1),
        |p| p.half_open.timeout = Duration::from_secs(1),
        |p| p.half_open.max_stay = Duration::from_secs(1),
        |p| p.failure_rate = Some(0.6),
        |p| p.failure_rate = None,
        |p| p.failure_rate = Some(f64::MIN_POSITIVE),
        |p| p.consecutive_failures = Some(8),
        |p| p.consecutive_failures = None,
        |p| p.min_calls += 1,
        |p| p.open_for.initial *= 2,
        |p| p.open_for.max *= 2,
        |p| p.open_for.jitter = 0.1,
        |p| p.half_open.permits += 1,
        |p| p.half_open.successes += 1,
    ];
    let mut hashes = vec![policy_hash(&base)];
    for change in changes {
        let mut changed = base.clone();
        change(&mut changed);
        hashes.push(policy_hash(&changed));
    }
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), changes.len() + 1);
}
