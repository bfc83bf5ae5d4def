use std::time::Duration;

use hedgerow_config::{HealthCheck, HealthCheckKind};
use proptest::prelude::*;

use super::super::{Answer, Checkup, Health, Turn};
use crate::verdict::STANDSTILL;

const MS: Duration = Duration::from_millis(1);

fn check() -> HealthCheck {
    HealthCheck {
        jitter: 0.0,
        ..HealthCheck::new(HealthCheckKind::Tcp)
    }
}

/// Makes the next check, which takes a millisecond.
fn make(checkup: &mut Checkup, answer: Answer) -> Option<Health> {
    let due = checkup.due().unwrap();
    assert!(checkup.begin(due));
    checkup.end(due + MS, answer).map(|turn| turn.to)
}

#[test]
fn the_first_result_decides_at_once() {
    for (answer, health) in [
        (Answer::Passed, Health::Healthy),
        (Answer::Failed, Health::Unhealthy),
    ] {
        let mut checkup = Checkup::new(check(), Health::Unknown, 1, Duration::ZERO);
        assert!(checkup.begin(Duration::ZERO));
        assert_eq!(checkup.end(MS, answer), Some(Turn { to: health, limit: 1 }));
    }
}

#[test]
fn so_many_in_a_row_turn_it_and_one_between_begins_the_count_anew() {
    let mut checkup = Checkup::new(check(), Health::Healthy, 1, Duration::ZERO);
    let script = [
        (Answer::Failed, None),
        (Answer::Failed, None),
        (Answer::Passed, None),
        (Answer::Failed, None),
        (Answer::Failed, None),
        (Answer::Failed, Some(Health::Unhealthy)),
        (Answer::Failed, None),
        (Answer::Passed, None),
        (Answer::Failed, None),
        (Answer::Passed, None),
        (Answer::Passed, Some(Health::Healthy)),
        (Answer::Failed, None),
    ];
    for (number, (answer, turn)) in script.into_iter().enumerate() {
        assert_eq!(make(&mut checkup, answer), turn, "check {number}");
    }
}

#[test]
fn checks_begin_an_interval_apart_and_never_two_at_once() {
    let mut checkup = Checkup::new(check(), Health::Unknown, 1, Duration::ZERO);
    assert!(checkup.begin(Duration::ZERO));
    assert_eq!(checkup.due(), None);
    assert!(!checkup.begin(Duration::from_secs(9)), "one is under way");
    checkup.end(Duration::from_millis(900), Answer::Passed);
    assert_eq!(checkup.due(), Some(Duration::from_secs(5)));
    assert!(!checkup.begin(Duration::from_secs(5) - MS));
    assert!(checkup.begin(Duration::from_secs(5)));
    // One that takes longer than the interval is followed by the next at once.
    checkup.end(Duration::from_secs(12), Answer::Passed);
    assert_eq!(checkup.due(), Some(Duration::from_secs(12)));
}

#[test]
fn jitter_shortens_each_interval_by_a_random_share_and_no_more() {
    let check = HealthCheck {
        jitter: 0.5,
        ..HealthCheck::new(HealthCheckKind::Tcp)
    };
    let mut checkup = Checkup::new(check, Health::Unknown, 1, Duration::ZERO);
    let first = checkup.due().unwrap();
    assert!(first < Duration::from_millis(2_500));
    let mut pauses = Vec::new();
    for _ in 0..20 {
        let begun = checkup.due().unwrap();
        make(&mut checkup, Answer::Passed);
        pauses.push(checkup.due().unwrap() - begun);
    }
    let allowed = Duration::from_millis(2_500)..=Duration::from_secs(5);
    assert!(pauses.iter().all(|pause| allowed.contains(pause)), "{pauses:?}");
    pauses.sort_unstable();
    pauses.dedup();
    assert!(pauses.len() > 15);
}

#[test]
fn p8_a_check_that_failed_while_this_process_stood_still_says_nothing() {
    let mut checkup = Checkup::new(check(), Health::Unknown, 1, Duration::ZERO);
    checkup.begin(Duration::ZERO);
    let late = Duration::from_secs(1) + STANDSTILL + MS;
    assert_eq!(checkup.end(late, Answer::Failed), None);
    // One that passes says so whenever it is heard; and a busy machine is no standstill.
    let due = checkup.due().unwrap();
    checkup.begin(due);
    assert_eq!(
        checkup.end(due + late, Answer::Passed).unwrap().to,
        Health::Healthy
    );
    let mut checkup = Checkup::new(check(), Health::Unknown, 1, Duration::ZERO);
    checkup.begin(Duration::ZERO);
    assert!(checkup.end(late - MS, Answer::Failed).is_some());
}

#[test]
fn p8_checks_that_are_overdue_after_a_standstill_are_spread_over_an_interval() {
    let mut checkups: Vec<Checkup> = (0..100)
        .map(|seed| Checkup::new(check(), Health::Healthy, seed, Duration::ZERO))
        .collect();
    let now = STANDSTILL + Duration::from_secs(9);
    assert!(checkups.iter_mut().all(|checkup| !checkup.begin(now)));
    let mut dues: Vec<Duration> = checkups.iter().map(|checkup| checkup.due().unwrap()).collect();
    dues.sort_unstable();
    assert!(dues[0] > now && dues[99] <= now + Duration::from_secs(5));
    let most = (0..100).map(|from| {
        dues[from..]
            .iter()
            .filter(|due| **due < dues[from] + 250 * MS)
            .count()
    });
    assert!(most.max().unwrap() < 20, "in any quarter of a second");
    dues.dedup();
    assert_eq!(dues.len(), 100);
    let due = checkups[0].due().unwrap();
    assert!(checkups[0].begin(due), "and then they are made");
}

proptest! {
    #[test]
    fn health_is_what_looking_back_at_all_results_gives(
        unhealthy_after in 1..4_u32,
        healthy_after in 1..4_u32,
        results in prop::collection::vec(any::<bool>(), 0..60),
    ) {
        let check = HealthCheck { unhealthy_after, healthy_after, ..check() };
        let mut checkup = Checkup::new(check, Health::Unknown, 1, Duration::ZERO);
        let mut health = Health::Unknown;
        let mut expected = Health::Unknown;
        for (number, passed) in results.iter().enumerate() {
            let answer = if *passed { Answer::Passed } else { Answer::Failed };
            if let Some(turned) = make(&mut checkup, answer) {
                health = turned;
            }
            let row = results[..=number].iter().rev().take_while(|other| *other == passed).count();
            let needed = if *passed { healthy_after } else { unhealthy_after };
            if number == 0 || row >= needed as usize {
                expected = if *passed { Health::Healthy } else { Health::Unhealthy };
            }
            prop_assert_eq!(health, expected, "after {} results", number + 1);
        }
    }
}
