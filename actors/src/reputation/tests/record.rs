//! What of a record holds after a while.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use hedgerow_config::OutlierPolicy;

use super::super::record::{Past, Unwell, policy_hash};
use super::super::{RECORD_VERSION, Record, RecordError};

const AT: u64 = 1_800_000_000_000;

fn policy() -> OutlierPolicy {
    OutlierPolicy::default()
}

fn record() -> Record {
    Record {
        version: RECORD_VERSION,
        at: AT,
        policy: policy_hash(&policy()),
        usual_ns: 300_000.0,
        endpoints: vec![Unwell {
            addr: "127.0.0.1:9001".to_owned(),
            average_ns: 500_000.0,
            failing: 0.5,
            ejected_until: Some(AT + 60_000),
            times: 2,
        }],
    }
}

fn past(record: &Record, after: Duration) -> Past {
    let now = AT + u64::try_from(after.as_millis()).unwrap();
    let (addr, past) = record.pasts(&policy(), now).pop().unwrap();
    assert_eq!(addr.as_str(), "127.0.0.1:9001");
    past
}

#[test]
fn what_is_written_is_read() {
    let read = Record::decode(&record().encode()).unwrap();
    assert_eq!(read, record());
}

#[test]
fn a_record_of_a_later_version_and_one_that_is_none_are_told_apart() {
    let newer = br#"{"version":2,"endpoints":"otherwise"}"#;
    assert!(matches!(
        Record::decode(newer),
        Err(RecordError::Newer { found: 2 })
    ));
    assert!(matches!(Record::decode(b"{}"), Err(RecordError::Malformed(_))));
}

#[test]
fn an_ejection_goes_on_for_what_is_left_and_failures_fade_while_it_was_down() {
    let past = past(&record(), Duration::from_secs(10));
    assert_eq!(past.ejected_for, Some(Duration::from_secs(50)));
    assert_eq!(past.times, 2);
    let e = std::f64::consts::E;
    // Failures fade sooner than times.
    assert!(
        (past.known.failing - 0.5 / e.powf(10.0 / 7.0)).abs() < 1e-6,
        "{past:?}"
    );
    assert!((past.known.nanos - 500_000.0 / e).abs() < 1.0, "{past:?}");
}

#[test]
fn an_ejection_that_ran_out_while_it_was_down_is_none_and_quiet_intervals_count() {
    let past = past(&record(), Duration::from_secs(75));
    assert_eq!((past.ejected_for, past.times), (None, 1));
}

#[test]
fn a_record_older_than_ten_minutes_says_nothing() {
    assert_eq!(record().pasts(&policy(), AT + 600_000).len(), 1);
    assert_eq!(record().pasts(&policy(), AT + 600_001), []);
    assert_eq!(record().usual(AT + 600_001), None);
}

#[test]
fn an_ejection_by_another_policy_is_none() {
    let other = OutlierPolicy {
        eject_for: Duration::from_secs(7),
        ..policy()
    };
    let (_, past) = record().pasts(&other, AT).pop().unwrap();
    assert_eq!((past.ejected_for, past.times), (None, 0));
    assert!(
        past.known.failing > 0.4,
        "what calls have taught does not depend on it"
    );
}

#[test]
fn nobody_is_ejected_for_longer_than_the_policy_or_the_record_allows_whatever_the_clock_did() {
    let mut far = record();
    far.endpoints[0].ejected_until = Some(AT + 86_400_000);
    assert_eq!(
        past(&far, Duration::ZERO).ejected_for,
        Some(policy().max_eject_for)
    );
    // The clock was set back by a day.
    let (_, past) = record().pasts(&policy(), AT - 86_400_000).pop().unwrap();
    assert_eq!(past.ejected_for, Some(Duration::from_secs(60)));
}

#[test]
fn what_no_endpoint_can_be_is_made_plausible() {
    let mut odd = record();
    odd.endpoints[0].failing = 17.0;
    odd.endpoints[0].average_ns = -4.0;
    odd.endpoints[0].times = u32::MAX;
    let past = past(&odd, Duration::ZERO);
    assert_eq!((past.known.failing, past.known.nanos, past.times), (1.0, 0.0, 10));
}
