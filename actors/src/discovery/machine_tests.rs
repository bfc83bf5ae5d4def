//! The watch over a name: a table of what it does, and properties over random histories.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::time::Duration;

use hedgerow_config::{DnsDiscovery, DnsRecords};
use proptest::prelude::*;

use super::machine::{MOST_MEMBERS, News, Step, Watch};
use super::member::{Change, Member, Members};
use super::resolve::{Answer, ResolveError, Resolved};
use crate::upstream::Share;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn policy() -> DnsDiscovery {
    DnsDiscovery::new("payments.internal", DnsRecords::Addresses { port: 80 })
}

fn members(hosts: &[u8]) -> Members {
    let member = |host: &u8| Member {
        addr: format!("10.0.0.{host}:80").parse().unwrap(),
        share: Share::default(),
    };
    hosts.iter().map(member).collect()
}

fn found(hosts: &[u8], ttl: u64) -> Result<Resolved, ResolveError> {
    Ok(Resolved::Found(Answer {
        members: members(hosts),
        ttl: seconds(ttl),
        unresolved: 0,
    }))
}

fn nothing() -> Result<Resolved, ResolveError> {
    Ok(Resolved::Nothing { ttl: None })
}

fn failed() -> Result<Resolved, ResolveError> {
    Err(ResolveError::Failed {
        why: "SERVFAIL".to_owned(),
    })
}

fn shown(step: &Step) -> Vec<String> {
    let shown = step.changes.iter().map(|change| match change {
        Change::Joined(member) => format!("+{}", member.addr),
        Change::Left(addr) => format!("-{addr}"),
        Change::Assigned(Member { addr, share }) => match share.priority {
            0 => format!("{addr}*{}", share.weight),
            priority => format!("{addr}*{}@{priority}", share.weight),
        },
    });
    shown.collect()
}

fn watch(policy: DnsDiscovery) -> Watch {
    Watch::resume(policy, Members::default(), None, 7)
}

/// Whether a pause is `least`, spread by at most a tenth.
fn is_spread(pause: Duration, least: Duration) -> bool {
    (least..=least.mul_f64(1.1)).contains(&pause)
}

#[test]
fn who_joins_comes_before_who_leaves() {
    let mut watch = watch(policy());
    let step = watch.told(found(&[1, 2], 10), seconds(1));
    assert_eq!(shown(&step), ["+10.0.0.1:80", "+10.0.0.2:80"]);
    let step = watch.told(found(&[3], 10), seconds(11));
    assert_eq!(shown(&step), ["+10.0.0.3:80", "-10.0.0.1:80", "-10.0.0.2:80"]);
    assert_eq!(watch.confirmed_at(), Some(seconds(11)));
}

#[test]
fn another_weight_is_a_change_and_the_same_answer_is_none() {
    let weighed = |weight| {
        let member = Member {
            addr: "10.0.0.1:80".parse().unwrap(),
            share: Share {
                weight,
                ..Share::default()
            },
        };
        Ok(Resolved::Found(Answer {
            members: [member].into_iter().collect(),
            ttl: seconds(5),
            unresolved: 0,
        }))
    };
    let mut watch = watch(policy());
    watch.told(weighed(1), seconds(0));
    assert_eq!(shown(&watch.told(weighed(9), seconds(5))), ["10.0.0.1:80*9"]);
    assert_eq!(shown(&watch.told(weighed(9), seconds(9))), [] as [&str; 0]);
}

#[test]
fn the_time_to_live_is_honoured_between_a_floor_and_a_longest() {
    let mut watch = watch(policy());
    for (ttl, pause) in [(0, 1), (1, 1), (10, 10), (30, 30), (86_400, 30)] {
        let step = watch.told(found(&[1], ttl), seconds(0));
        assert!(is_spread(step.pause, seconds(pause)), "{ttl}: {:?}", step.pause);
    }
}

#[test]
fn d3_while_the_resolver_fails_the_last_good_answer_stays_for_ever_and_is_shown_as_stale() {
    let mut watch = watch(policy());
    watch.told(found(&[1, 2], 10), seconds(0));
    let step = watch.told(failed(), seconds(10));
    assert_eq!(step.news, Some(News::Problem("SERVFAIL".to_owned())));
    for hour in 1..1_000 {
        let step = watch.told(failed(), seconds(hour * 3_600));
        assert_eq!((shown(&step), step.news), (Vec::new(), None));
        assert!(
            (seconds(1)..=seconds(30)).contains(&step.pause),
            "{:?}",
            step.pause
        );
    }
    assert_eq!(watch.known(), &members(&[1, 2]));
    assert_eq!((watch.problem(), watch.is_stale()), (Some("SERVFAIL"), true));
    assert_eq!(watch.confirmed_at(), Some(seconds(0)));
    let step = watch.told(found(&[1, 2], 10), seconds(4_000_000));
    assert_eq!((shown(&step), step.news), (Vec::new(), Some(News::Recovered)));
    assert_eq!(watch.problem(), None);
}

#[test]
fn who_is_unconfirmed_for_longer_than_config_bears_leaves() {
    let mut watch = watch(DnsDiscovery {
        max_stale: Some(seconds(60)),
        ..policy()
    });
    watch.told(found(&[1], 10), seconds(100));
    assert_eq!(shown(&watch.told(failed(), seconds(160))), [] as [&str; 0]);
    assert_eq!(shown(&watch.told(failed(), seconds(161))), ["-10.0.0.1:80"]);
}

#[test]
fn d3_an_answer_without_endpoints_is_believed_when_it_was_given_twice() {
    let mut watch = watch(policy());
    watch.told(found(&[1], 10), seconds(0));
    let step = watch.told(nothing(), seconds(10));
    assert_eq!(shown(&step), [] as [&str; 0]);
    assert!(is_spread(step.pause, seconds(5)), "{:?}", step.pause);
    assert_eq!(shown(&watch.told(nothing(), seconds(15))), ["-10.0.0.1:80"]);
    assert_eq!(
        (watch.problem(), watch.is_stale()),
        (Some("the name has no endpoints"), false)
    );
}

#[test]
fn d3_a_doubt_lasts_five_seconds_however_often_the_name_is_asked_for() {
    let every = seconds(1);
    let mut watch = watch(DnsDiscovery { every, ..policy() });
    watch.told(found(&[1], 1), seconds(0));
    // The name is gone for three seconds, and asked for each time that the watch wants it.
    let (gone_at, back_at) = (seconds(10), seconds(13));
    let mut now = gone_at;
    while now < back_at {
        let step = watch.told(nothing(), now);
        assert_eq!(shown(&step), [] as [&str; 0], "at {now:?}");
        assert!(is_spread(step.pause, seconds(5)), "{:?}", step.pause);
        now += step.pause;
    }
    let step = watch.told(found(&[1], 1), now);
    assert_eq!(shown(&step), [] as [&str; 0]);
    assert!(is_spread(step.pause, every), "{:?}", step.pause);
    // Believed, it is asked for as often as any: there is nobody to lose.
    watch.told(nothing(), seconds(30));
    let step = watch.told(nothing(), seconds(35));
    assert_eq!(shown(&step), ["-10.0.0.1:80"]);
    assert!(is_spread(step.pause, every), "{:?}", step.pause);
}

#[test]
fn d4_a_name_that_does_not_exist_for_a_moment_loses_nobody() {
    let mut watch = watch(policy());
    watch.told(found(&[1], 0), seconds(0));
    for round in 1..100 {
        let now = seconds(round * 10);
        assert_eq!(shown(&watch.told(nothing(), now)), [] as [&str; 0], "{round}");
        watch.told(found(&[1], 0), now + seconds(5));
    }
    assert_eq!(watch.known(), &members(&[1]));
}

#[test]
fn a_failure_between_two_empty_answers_makes_neither_more_nor_less_of_them() {
    let mut watch = watch(policy());
    watch.told(found(&[1], 10), seconds(0));
    watch.told(nothing(), seconds(10));
    assert_eq!(shown(&watch.told(failed(), seconds(15))), [] as [&str; 0]);
    assert_eq!(shown(&watch.told(nothing(), seconds(20))), ["-10.0.0.1:80"]);
}

#[test]
fn an_empty_answer_is_asked_for_again_when_it_has_lived_its_time() {
    let mut watch = watch(policy());
    for (ttl, pause) in [(Some(1), 5), (Some(20), 20), (Some(900), 30), (None, 5)] {
        let step = watch.told(
            Ok(Resolved::Nothing {
                ttl: ttl.map(seconds),
            }),
            seconds(0),
        );
        assert!(is_spread(step.pause, seconds(pause)), "{ttl:?}: {:?}", step.pause);
    }
}

#[test]
fn while_some_names_of_records_cannot_be_looked_up_somebody_may_join_and_nobody_leaves() {
    let mut watch = watch(policy());
    watch.told(found(&[1, 2], 10), seconds(0));
    let partly = Ok(Resolved::Found(Answer {
        members: members(&[2, 3]),
        ttl: seconds(10),
        unresolved: 1,
    }));
    assert_eq!(shown(&watch.told(partly, seconds(10))), ["+10.0.0.3:80"]);
    assert!(watch.problem().unwrap().contains("nobody leaves"));
    assert_eq!(
        shown(&watch.told(found(&[2, 3], 10), seconds(20))),
        ["-10.0.0.1:80"]
    );
}

#[test]
fn another_priority_is_a_change_and_of_too_many_endpoints_those_of_the_best_ones_stay() {
    let member = |host: usize, priority| Member {
        addr: format!("10.0.{}.{}:80", host / 256, host % 256).parse().unwrap(),
        share: Share {
            priority,
            ..Share::default()
        },
    };
    let found = |members: Vec<Member>| {
        Ok(Resolved::Found(Answer {
            members: members.into_iter().collect(),
            ttl: seconds(1),
            unresolved: 0,
        }))
    };
    let mut watch = watch(policy());
    watch.told(found(vec![member(0, 0), member(1, 1)]), seconds(0));
    let step = watch.told(found(vec![member(0, 3), member(1, 1)]), seconds(1));
    assert_eq!(shown(&step), ["10.0.0.0:80*1@3"]);
    // By their texts the first would come first.
    let all = (0..=MOST_MEMBERS).map(|host| member(host, u16::from(host == 0)));
    watch.told(found(all.collect()), seconds(2));
    assert_eq!(watch.known().len(), MOST_MEMBERS);
    assert_eq!(watch.known().get(&member(0, 1).addr), None);
}

#[test]
fn of_more_endpoints_than_a_name_may_have_the_same_ones_are_taken_each_time() {
    let many = |from: usize| -> Result<Resolved, ResolveError> {
        let member = |host: usize| Member {
            addr: format!("10.0.{}.{}:80", host / 256, host % 256).parse().unwrap(),
            share: Share::default(),
        };
        // The order of records is another in each answer.
        let hosts = (0..MOST_MEMBERS + 10).map(|host| (host + from) % (MOST_MEMBERS + 10));
        Ok(Resolved::Found(Answer {
            members: hosts.map(member).collect(),
            ttl: seconds(1),
            unresolved: 0,
        }))
    };
    let mut watch = watch(policy());
    assert_eq!(watch.told(many(0), seconds(0)).changes.len(), MOST_MEMBERS);
    assert_eq!(shown(&watch.told(many(500), seconds(1))), [] as [&str; 0]);
    assert!(watch.problem().unwrap().starts_with("10 endpoints beyond"));
}

#[test]
fn who_was_known_to_a_former_process_leaves_when_that_is_older_than_config_bears() {
    let mut watch = watch(DnsDiscovery {
        max_stale: Some(seconds(60)),
        ..policy()
    });
    watch.adopt(members(&[1]), seconds(50));
    assert_eq!(shown(&watch.told(failed(), seconds(9))), [] as [&str; 0]);
    assert!(watch.is_stale());
    assert_eq!(shown(&watch.told(failed(), seconds(11))), ["-10.0.0.1:80"]);
}

#[test]
fn who_was_known_before_a_restart_stays_while_the_resolver_fails() {
    let mut watch = Watch::resume(policy(), members(&[1]), Some(seconds(3)), 7);
    assert_eq!(shown(&watch.told(failed(), seconds(9))), [] as [&str; 0]);
    assert_eq!(
        shown(&watch.told(found(&[1, 2], 9), seconds(9))),
        ["+10.0.0.2:80"]
    );
}

/// One look-up of a random history.
fn told() -> impl Strategy<Value = Result<Resolved, ResolveError>> {
    let hosts = prop::collection::btree_set(0_u8..6, 0..5);
    prop_oneof![
        (hosts, 0_u64..100, 0_usize..2).prop_map(|(hosts, ttl, unresolved)| {
            Ok(Resolved::Found(Answer {
                members: members(&hosts.into_iter().collect::<Vec<_>>()),
                ttl: seconds(ttl),
                unresolved,
            }))
        }),
        prop::option::of(0_u64..100).prop_map(|ttl| {
            Ok(Resolved::Nothing {
                ttl: ttl.map(seconds),
            })
        }),
        Just(failed()),
    ]
}

proptest! {
    #[test]
    fn in_any_history_the_changes_lead_to_who_is_known_and_nobody_leaves_without_an_answer_that_says_so(
        history in prop::collection::vec(told(), 1..60),
        empty_answers in 1_u32..4,
        seed: u64,
    ) {
        let policy = DnsDiscovery { empty_answers, ..policy() };
        let mut watch = Watch::resume(policy.clone(), Members::default(), None, seed);
        let mut followed: BTreeSet<String> = BTreeSet::new();
        let mut now = Duration::ZERO;
        let mut empty_in_a_row = 0;
        for told in history {
            let step = watch.told(told.clone(), now);
            for change in &step.changes {
                match change {
                    Change::Joined(member) => prop_assert!(followed.insert(member.addr.to_string())),
                    Change::Left(addr) => {
                        prop_assert!(followed.remove(addr.as_str()));
                        match &told {
                            Ok(Resolved::Found(answer)) if !answer.members.is_empty() => {
                                prop_assert_eq!(answer.unresolved, 0);
                                prop_assert!(answer.members.get(addr).is_none());
                            }
                            Ok(_) => prop_assert!(empty_in_a_row + 1 >= empty_answers),
                            Err(_) => prop_assert!(false, "a failure says nothing about {addr}"),
                        }
                    }
                    Change::Assigned(_) => prop_assert!(false, "all shares are alike"),
                }
            }
            match &told {
                Ok(Resolved::Found(answer)) if !answer.members.is_empty() => empty_in_a_row = 0,
                Ok(_) => empty_in_a_row += 1,
                Err(_) => {}
            }
            let known: BTreeSet<_> = watch.known().iter().map(|member| member.addr.to_string()).collect();
            prop_assert_eq!(&followed, &known);
            prop_assert!(step.pause >= policy.min_ttl, "{:?}", step.pause);
            prop_assert!(step.pause <= policy.every.mul_f64(1.1), "{:?}", step.pause);
            now += step.pause;
        }
    }
}
