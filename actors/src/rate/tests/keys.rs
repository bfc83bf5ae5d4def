//! Who has a bucket, and who shares one.

use std::num::NonZeroU32;

use super::*;
use crate::fnv::mixed;
use crate::rate::bucket::Answer;
use crate::rate::pace::TOKEN;
use crate::rate::table::{Hash, Table};

fn over(limiter: &Limiter, now: Duration, key: &str) -> Over {
    limiter.check_key(now, key.as_bytes()).unwrap_err()
}

#[test]
fn each_key_has_what_the_quota_says() {
    let limiter = Limiter::new(&keyed(RateLimit::per_second(1).burst(3)));
    for key in ["acme", "globex", "", "\u{0}", &"long".repeat(10_000)] {
        assert_eq!(admitted(&limiter, SECOND, key, 5), 3, "{key:.9}");
        assert_eq!(over(&limiter, SECOND, key).whose(), Whose::Key);
    }
    assert!(
        limiter.check(SECOND).is_ok(),
        "those without a key are not among them"
    );
}

#[test]
fn at_the_first_instant_of_a_slow_rate_every_key_has_its_bucket() {
    let memory = LimiterMemory::default();
    let limiter = memory.limiter(&keyed(RateLimit::per_hour(1).burst(1)));
    for key in 0..1_000 {
        assert_eq!(admitted(&limiter, Duration::ZERO, &key.to_string(), 2), 1);
    }
    assert_eq!((gauge(&memory, "keys"), gauge(&memory, "turnedAway")), (1_000, 0));
}

#[test]
fn as_many_keys_have_a_bucket_as_may_to_the_last_one() {
    for most in [1, 2, 7, 8, 9, 100, 10_000] {
        let memory = LimiterMemory::default();
        let limiter = memory.limiter(&keyed(RateLimit::per_hour(1).burst(1).max_keys(most)));
        let own = (0..most).filter(|key| admitted(&limiter, SECOND, &key.to_string(), 1) == 1);
        let own = own.count();
        // Both sets of a key are full for next to none; what is told of them is told of all for which there is no room.
        assert!(own as u64 >= u64::from(most) * 999 / 1_000, "{own} of {most}");
    }
}

#[test]
fn where_as_many_keys_are_in_use_as_may_be_each_of_a_million_finds_a_place() {
    // Four places for each key at the most, two at the least: as here.
    const MOST: u32 = 1 << 17;
    for run in 0..8 {
        let table = Table::new(MOST);
        let drawn = (1..=u64::from(MOST)).map(|key| mixed(key | run << 32));
        for hash in drawn.filter_map(Hash::new) {
            let place = table.settle(hash, TOKEN, SECOND).expect("there is room");
            let asked = place.bucket().ask(TOKEN, NonZeroU32::MIN, || place.is_theirs());
            assert_eq!(asked, Answer::Admitted, "run {run}");
        }
        assert_eq!(table.known(), MOST);
    }
}

#[test]
fn who_varies_the_key_neither_takes_the_bucket_of_one_in_use_nor_gets_more_than_the_buckets_there_are() {
    const MOST: u32 = 100;
    let memory = LimiterMemory::default();
    let limiter = memory.limiter(&keyed(RateLimit::per_hour(60).burst(10).max_keys(MOST)));
    let now = 100 * SECOND;
    assert_eq!(admitted(&limiter, now, "greedy", 20), 10);
    assert_eq!(admitted(&limiter, now, "modest", 3), 3);
    let strangers = (0..100_000).filter(|key| admitted(&limiter, now, &format!("key-{key}"), 1) == 1);
    let strangers = strangers.count() as u32;
    // A bucket each for those for whom there is room, and one for all others.
    assert!(strangers <= MOST - 2 + 10, "{strangers}");
    assert_eq!(gauge(&memory, "keys"), u64::from(MOST));
    assert_eq!(gauge(&memory, "turnedAway"), u64::from(100_000 - (MOST - 2)));
    assert_eq!(over(&limiter, now, "new").whose(), Whose::Others);
    assert_eq!(
        over(&limiter, now, "greedy").whose(),
        Whose::Key,
        "he is not freed"
    );
    assert_eq!(admitted(&limiter, now, "modest", 20), 7, "he has what he had");
}

#[test]
fn where_there_is_no_room_a_key_takes_the_place_of_one_that_is_as_good_as_new() {
    let memory = LimiterMemory::default();
    let limiter = memory.limiter(&keyed(RateLimit::per_second(1).burst(3).max_keys(8)));
    let now = 100 * SECOND;
    assert_eq!(admitted(&limiter, now, "oldest", 1), 1);
    for key in 0..7 {
        assert_eq!(admitted(&limiter, now + SECOND, &format!("key-{key}"), 3), 3);
    }
    // Only the oldest has nothing outstanding.
    let now = now + Duration::from_millis(1_500);
    assert_eq!(admitted(&limiter, now, "new", 5), 3);
    assert_eq!(admitted(&limiter, now, "newer", 5), 3);
    assert_eq!(
        over(&limiter, now, "newest").whose(),
        Whose::Others,
        "none can go"
    );
    for key in 0..7 {
        assert_eq!(admitted(&limiter, now, &format!("key-{key}"), 1), 0, "still over");
    }
    assert_eq!(gauge(&memory, "keys"), 8);
}

#[test]
fn keys_that_are_as_good_as_new_make_room_wherever_they_lie() {
    const MOST: u32 = 1_000;
    let memory = LimiterMemory::default();
    let limiter = memory.limiter(&keyed(RateLimit::per_second(1).burst(2).max_keys(MOST)));
    for round in 1..=20 {
        // Longer than a bucket needs, and than lies between two looks at all of them.
        let now = 10 * round * SECOND;
        // Half of what there is room for: with nine tenths both sets of a key are full of keys in use in one run of fifty.
        for key in 0..MOST / 2 {
            let key = format!("key-{round}-{key}");
            assert_eq!(admitted(&limiter, now, &key, 3), 2, "{key}");
        }
    }
    assert_eq!(gauge(&memory, "turnedAway"), 0);
}

/// Two keys that a table of one key has in turn, and what has been given when the first one's bucket is as good as new.
fn rivals() -> (Table, [Hash; 2], u64) {
    let table = Table::new(1);
    let keys = [1, 2].map(|key| Hash::new(key).unwrap());
    assert!(table.settle(keys[0], TOKEN, SECOND).is_some());
    (table, keys, 10 * TOKEN)
}

#[test]
fn who_finds_his_bucket_given_to_another_key_counts_nothing_on_it() {
    let (table, [mine, other], given) = rivals();
    let found = table.find(mine).unwrap();
    let theirs = table.settle(other, given, SECOND).unwrap();
    let before = theirs.bucket().tat();
    let answer = found.bucket().ask(given, NonZeroU32::MIN, || found.is_theirs());
    assert_eq!((answer, theirs.bucket().tat()), (Answer::Lost, before));
}

#[test]
fn who_loses_his_bucket_just_before_he_writes_counts_nothing_on_it() {
    let (table, [mine, other], given) = rivals();
    let found = table.find(mine).unwrap();
    let answer = found.bucket().ask(given, NonZeroU32::MIN, || {
        let was_theirs = found.is_theirs();
        // After he has looked, and before he writes.
        table.settle(other, given, SECOND).unwrap();
        was_theirs
    });
    let theirs = table.find(other).unwrap();
    assert_eq!((answer, theirs.bucket().outstanding(given)), (Answer::Lost, 0));
}
