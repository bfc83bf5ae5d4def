//! The book of registrations: a table of what it does, and properties over random histories.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;

use super::book::{MOST, MOST_PER_SERVICE, Refused, Registration};
use super::machine::{Book, Overdue, Who};
use super::version::Version;

const TTL: Duration = Duration::from_secs(30);

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn at(port: u16) -> Registration {
    Registration {
        addr: format!("127.0.0.1:{port}").parse().unwrap(),
        weight: 1,
        ttl: TTL,
    }
}

fn who(id: &str) -> Who<'_> {
    Who {
        service: "payments",
        id,
    }
}

fn register(book: &mut Book, id: &str, port: u16, now: u64) -> Version {
    book.register(who(id), at(port), None, seconds(now), 1_000)
        .unwrap()
}

/// Looks whenever a look is due, up to this second; answers who was suspected and who has ended, with the second.
fn run(book: &mut Book, until: u64) -> Vec<(u64, String, bool)> {
    let mut told = Vec::new();
    let mut now = Duration::ZERO;
    while let Some(due) = book.look_at(now).filter(|due| *due <= seconds(until)) {
        now = due;
        for Overdue { id, ended, .. } in book.look(due) {
            told.push((due.as_secs(), id, ended));
        }
    }
    told
}

fn ports(book: &Book) -> Vec<u16> {
    let members = book.members("payments");
    members.iter().map(|member| member.addr.port()).collect()
}

#[test]
fn who_registers_is_there_until_it_leaves() {
    let mut book = Book::default();
    let version = register(&mut book, "a", 1, 0);
    assert_eq!(ports(&book), [1]);
    book.leave(who("a"), Some(version)).unwrap();
    assert_eq!((ports(&book), book.len()), (Vec::new(), 0));
    assert!(matches!(book.leave(who("a"), None), Err(Refused::Unknown { .. })));
}

#[test]
fn one_of_many_without_heartbeats_is_suspect_after_two_thirds_of_its_time_and_ends_after_all_of_it() {
    let mut book = Book::default();
    let mut live: BTreeMap<&str, Version> = BTreeMap::new();
    register(&mut book, "dead", 1, 0);
    for id in ["b", "c"] {
        live.insert(id, register(&mut book, id, if id == "b" { 2 } else { 3 }, 0));
    }
    let mut told = Vec::new();
    for now in 1..40 {
        if now % 10 == 0 {
            for (id, version) in &mut live {
                *version = book.beat(who(id), *version, seconds(now)).unwrap().version;
            }
        }
        if book.look_at(seconds(now)).is_some_and(|due| due <= seconds(now)) {
            told.extend(
                book.look(seconds(now))
                    .into_iter()
                    .map(|overdue| (now, overdue.id, overdue.ended)),
            );
        }
    }
    assert_eq!(
        told,
        [(20, "dead".to_owned(), false), (30, "dead".to_owned(), true)]
    );
    assert_eq!(ports(&book), [2, 3]);
}

#[test]
fn d1_one_heartbeat_of_three_that_is_lost_ends_nobody() {
    let mut book = Book::default();
    let mut version = register(&mut book, "a", 1, 0);
    // In each third, but the second of each three.
    for now in 0..3_000 {
        if now % 10 == 9 && now % 30 != 19 {
            version = book.beat(who("a"), version, seconds(now)).unwrap().version;
        }
        if book.look_at(seconds(now)).is_some_and(|due| due <= seconds(now)) {
            let overdue = book.look(seconds(now));
            assert!(overdue.iter().all(|overdue| !overdue.ended), "{now}: {overdue:?}");
        }
    }
    assert_eq!(ports(&book), [1]);
}

#[test]
fn d1_a_heartbeat_that_comes_twice_is_answered_twice_and_renews_once() {
    let mut book = Book::default();
    let first = register(&mut book, "a", 1, 0);
    let once = book.beat(who("a"), first, seconds(5)).unwrap();
    let twice = book.beat(who("a"), first, seconds(25)).unwrap();
    assert_eq!(once.version, twice.version);
    register(&mut book, "b", 2, 5);
    // Had it renewed twice, it would be suspect at 45.
    assert_eq!(run(&mut book, 25)[0], (25, "a".to_owned(), false));
}

#[test]
fn d1_a_heartbeat_that_comes_late_or_out_of_order_changes_nothing() {
    let mut book = Book::default();
    let first = register(&mut book, "a", 1, 0);
    let second = book.beat(who("a"), first, seconds(1)).unwrap().version;
    let third = book.beat(who("a"), second, seconds(2)).unwrap().version;
    assert!(matches!(
        book.beat(who("a"), first, seconds(3)),
        Err(Refused::Late { .. })
    ));
    let ahead = Version {
        revision: third.revision + 1,
        ..third
    };
    assert!(matches!(
        book.beat(who("a"), ahead, seconds(3)),
        Err(Refused::Late { .. })
    ));
    book.beat(who("a"), third, seconds(3)).unwrap();
}

#[test]
fn d5_an_id_that_somebody_holds_is_not_taken_by_a_stranger() {
    let mut book = Book::default();
    let version = register(&mut book, "a", 1, 0);
    let stolen = book.register(who("a"), at(666), None, seconds(1), 1_000);
    assert!(matches!(stolen, Err(Refused::Taken { .. })), "{stolen:?}");
    let guessed = Version {
        number: version.number + 1,
        revision: 0,
    };
    let stolen = book.register(who("a"), at(666), Some(guessed), seconds(1), 1_000);
    assert!(matches!(stolen, Err(Refused::Overtaken { .. })), "{stolen:?}");
    assert!(matches!(
        book.leave(who("a"), Some(guessed)),
        Err(Refused::Overtaken { .. })
    ));
    assert!(matches!(
        book.beat(who("a"), guessed, seconds(1)),
        Err(Refused::Overtaken { .. })
    ));
    assert_eq!(ports(&book), [1]);
}

#[test]
fn who_holds_an_id_moves_with_it_and_the_same_request_twice_moves_once() {
    let mut book = Book::default();
    let version = register(&mut book, "a", 1, 0);
    let moved = book
        .register(who("a"), at(2), Some(version), seconds(1), 1_000)
        .unwrap();
    assert_eq!(ports(&book), [2]);
    let again = book
        .register(who("a"), at(2), Some(version), seconds(2), 1_000)
        .unwrap();
    assert_eq!(moved, again);
    let other = book.register(who("a"), at(3), Some(version), seconds(2), 1_000);
    assert!(matches!(other, Err(Refused::Late { .. })), "{other:?}");
}

#[test]
fn an_instance_that_was_restarted_registers_anew_at_its_address_and_heartbeats_of_its_life_before_are_refused()
 {
    let mut book = Book::default();
    let before = register(&mut book, "a", 1, 0);
    let after = register(&mut book, "a", 1, 1);
    assert!(after.number > before.number);
    assert!(matches!(
        book.beat(who("a"), before, seconds(2)),
        Err(Refused::Overtaken { .. })
    ));
    book.beat(who("a"), after, seconds(2)).unwrap();
}

#[test]
fn an_id_that_ended_is_unknown_with_its_version_and_free_without() {
    let mut book = Book::default();
    let version = register(&mut book, "a", 1, 0);
    book.leave(who("a"), None).unwrap();
    assert!(matches!(
        book.beat(who("a"), version, seconds(1)),
        Err(Refused::Unknown { .. })
    ));
    let shown = book.register(who("a"), at(1), Some(version), seconds(1), 1_000);
    assert!(matches!(shown, Err(Refused::Unknown { .. })), "{shown:?}");
    assert!(register(&mut book, "a", 2, 1).number > version.number);
}

#[test]
fn d2_where_most_of_a_service_fall_silent_at_once_they_stay_as_suspects_for_a_while() {
    let mut book = Book::default();
    for (id, port) in [("a", 1), ("b", 2), ("c", 3)] {
        register(&mut book, id, port, 0);
    }
    let told = run(&mut book, 299);
    assert!(
        told.iter().all(|(second, _, ended)| *second == 20 && !ended),
        "{told:?}"
    );
    assert_eq!(ports(&book), [1, 2, 3]);
    let told = run(&mut book, 400);
    assert_eq!(told.iter().filter(|(_, _, ended)| *ended).count(), 3, "{told:?}");
}

#[test]
fn d2_when_the_others_come_back_the_one_that_does_not_ends() {
    let mut book = Book::default();
    let mut versions: BTreeMap<&str, Version> = BTreeMap::new();
    for (id, port) in [("a", 1), ("b", 2), ("c", 3)] {
        versions.insert(id, register(&mut book, id, port, 0));
    }
    run(&mut book, 60);
    for id in ["a", "b"] {
        assert!(book.beat(who(id), versions[id], seconds(60)).unwrap().recovered);
    }
    let told = run(&mut book, 79);
    assert!(told.iter().any(|(_, id, ended)| id == "c" && *ended), "{told:?}");
    assert_eq!(ports(&book), [1, 2]);
}

#[test]
fn a_look_that_was_held_up_gives_everybody_as_much_more() {
    let mut book = Book::default();
    let version = register(&mut book, "a", 1, 0);
    register(&mut book, "b", 2, 0);
    assert_eq!(book.look_at(seconds(0)), Some(seconds(20)));
    // It stood still for 300 s: no more than 20 s of silence are held against anybody.
    let overdue = book.look(seconds(320));
    assert!(
        overdue.iter().all(|overdue| overdue.silent_for == seconds(20)),
        "{overdue:?}"
    );
    assert_eq!(book.look_at(seconds(320)), Some(seconds(330)));
    book.beat(who("a"), version, seconds(321)).unwrap();
    assert_eq!(ports(&book), [1, 2]);
}

#[test]
fn after_a_restart_everybody_is_given_time_and_whoever_knows_a_later_version_is_right() {
    let mut book = Book::default();
    let short = Registration {
        ttl: seconds(1),
        ..at(1)
    };
    assert!(book.restore(who("a"), short, 5_000, seconds(0)));
    assert!(book.restore(who("b"), at(2), 5_001, seconds(0)));
    assert_eq!(run(&mut book, 19), [], "at least 30 s");
    let later = Version {
        number: 5_000,
        revision: 77,
    };
    let beat = book.beat(who("a"), later, seconds(19)).unwrap();
    assert_eq!(beat.version.revision, 78);
    let stranger = Version {
        number: 4_999,
        revision: 77,
    };
    assert!(matches!(
        book.beat(who("b"), stranger, seconds(19)),
        Err(Refused::Overtaken { .. })
    ));
    let fresh = register(&mut book, "c", 3, 19);
    assert!(fresh.number > 5_001, "numbers go on: {fresh}");
}

#[test]
fn who_has_registered_since_is_not_replaced_by_the_record_of_before() {
    let mut book = Book::default();
    register(&mut book, "a", 2, 0);
    assert!(!book.restore(who("a"), at(1), 5_000, seconds(1)));
    assert_eq!(ports(&book), [2]);
}

#[test]
fn d5_there_is_room_for_so_many_of_a_service_and_so_many_in_all() {
    let mut book = Book::default();
    let many = |book: &mut Book, service: &str, count: usize| {
        let mut refused = None;
        for id in 0..count {
            let id = id.to_string();
            let who = Who { service, id: &id };
            if let Err(error) = book.register(who, at(1), None, seconds(0), 1_000) {
                refused.get_or_insert(error);
            }
        }
        refused
    };
    let refused = many(&mut book, "service 0", MOST_PER_SERVICE + 1).unwrap();
    assert!(
        refused
            .to_string()
            .contains("1000 of at most 1000 registrations of the service"),
        "{refused}"
    );
    for service in 1..10 {
        assert_eq!(
            many(&mut book, &format!("service {service}"), MOST_PER_SERVICE),
            None
        );
    }
    let refused = many(&mut book, "one more", 1).unwrap();
    assert!(
        refused
            .to_string()
            .contains("10000 of at most 10000 registrations in all"),
        "{refused}"
    );
    assert_eq!(book.len(), MOST);
    let replaced = Who {
        service: "service 3",
        id: "7",
    };
    book.register(replaced, at(1), None, seconds(1), 1_000).unwrap();
}

/// What is done to the book in a random history.
#[derive(Debug, Clone)]
enum Deed {
    Register(u8, u16, bool),
    Beat(u8, u64),
    Leave(u8),
    Pass(u64),
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        (0_u8..4, 1_u16..4, any::<bool>()).prop_map(|(id, port, shown)| Deed::Register(id, port, shown)),
        (0_u8..4, 0_u64..4).prop_map(|(id, back)| Deed::Beat(id, back)),
        (0_u8..4).prop_map(Deed::Leave),
        (0_u64..25).prop_map(Deed::Pass),
    ]
}

proptest! {
    #[test]
    fn in_any_history_versions_only_grow_and_only_the_current_one_renews(history in prop::collection::vec(deed(), 1..80)) {
        let mut book = Book::default();
        let mut versions: BTreeMap<u8, Version> = BTreeMap::new();
        let mut now = 0;
        let mut last_number = 0;
        for deed in history {
            match deed {
                Deed::Register(id, port, show) => {
                    let name = id.to_string();
                    let shown = versions.get(&id).copied().filter(|_| show);
                    if let Ok(version) = book.register(who(&name), at(port), shown, seconds(now), 0) {
                        if shown.is_none() {
                            prop_assert!(version.number > last_number);
                            last_number = version.number;
                        }
                        versions.insert(id, version);
                    }
                }
                Deed::Beat(id, back) => {
                    let Some(known) = versions.get(&id).copied() else { continue };
                    let Some(revision) = known.revision.checked_sub(back) else { continue };
                    let name = id.to_string();
                    let before = book.iter().find(|(who, _)| who.id == name).map(|(_, entry)| entry.clone());
                    let shown = Version { revision, ..known };
                    let beat = book.beat(who(&name), shown, seconds(now));
                    let after = book.iter().find(|(who, _)| who.id == name).map(|(_, entry)| entry.clone());
                    match (before, after, beat) {
                        (Some(before), Some(after), Ok(beat)) => {
                            prop_assert_eq!(after.version, beat.version);
                            prop_assert!(back <= 1);
                            let renewed = after.version != before.version;
                            prop_assert_eq!(renewed, back == 0);
                            let renewed_at = if renewed { seconds(now) } else { before.renewed_at };
                            prop_assert_eq!(after.renewed_at, renewed_at);
                            versions.insert(id, beat.version);
                        }
                        (Some(before), Some(after), Err(_)) => {
                            prop_assert_eq!(before.version, after.version);
                            prop_assert_eq!(before.renewed_at, after.renewed_at);
                        }
                        (None, None, Err(_)) => {}
                        other => prop_assert!(false, "{other:?}"),
                    }
                }
                Deed::Leave(id) => {
                    let _ = book.leave(who(&id.to_string()), None);
                }
                Deed::Pass(by) => {
                    let until = now + by;
                    while let Some(due) = book.look_at(seconds(now)).filter(|due| *due <= seconds(until)) {
                        now = now.max(due.as_secs());
                        for overdue in book.look(due.max(seconds(now))) {
                            if overdue.ended {
                                prop_assert!(overdue.silent_for >= TTL, "{overdue:?}");
                            } else {
                                prop_assert!(overdue.silent_for >= TTL * 2 / 3, "{overdue:?}");
                            }
                        }
                    }
                    now = until;
                }
            }
            prop_assert_eq!(book.len(), book.iter().count());
        }
    }
}
