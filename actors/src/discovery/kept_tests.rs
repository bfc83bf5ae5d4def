#![allow(clippy::unwrap_used)]

use std::time::Duration;

use super::kept::{KEPT_FOR, Kept, kept_for, renewed_after};
use super::member::{Member, Members};
use crate::upstream::Share;

const DAY: u64 = 86_400_000;

fn members() -> Members {
    let member = |addr: &str, weight, priority| Member {
        addr: addr.parse().unwrap(),
        share: Share { weight, priority },
    };
    [member("10.0.0.1:80", 3, 0), member("10.0.0.2:80", 1, 9)]
        .into_iter()
        .collect()
}

#[test]
fn what_is_kept_is_read_again_with_weights_and_priorities() {
    let kept = Kept::new("payments.internal:80", DAY, &members());
    let read = Kept::decode(&kept.encode()).unwrap();
    let usable = read.usable("payments.internal:80", DAY + 5_000, KEPT_FOR);
    assert_eq!(usable, Some((members(), Duration::from_secs(5))));
}

#[test]
fn what_is_too_old_or_was_asked_otherwise_is_not_used_and_the_future_is_now() {
    let kept = Kept::new("payments.internal:80", 2 * DAY, &members());
    let at = |now| kept.usable("payments.internal:80", now, KEPT_FOR);
    assert!(at(3 * DAY).is_some());
    assert_eq!(at(3 * DAY + 1), None);
    assert_eq!(at(DAY), Some((members(), Duration::ZERO)));
    assert_eq!(kept.usable("payments.internal SRV", 2 * DAY, KEPT_FOR), None);
}

#[test]
fn bytes_that_are_no_record_and_a_later_form_are_none() {
    assert_eq!(Kept::decode(b"{}"), None);
    let later = br#"{"form":2,"asked":"a","at":1,"members":[]}"#;
    assert_eq!(Kept::decode(later), None);
}

#[test]
fn a_record_is_made_anew_long_before_it_is_too_old() {
    for stale in [None, Some(60), Some(3_600), Some(1_000_000)] {
        let stale = stale.map(Duration::from_secs);
        assert!(renewed_after(stale) * 4 < kept_for(stale), "{stale:?}");
    }
    assert_eq!(kept_for(Some(Duration::from_secs(1_000_000))), KEPT_FOR);
}
