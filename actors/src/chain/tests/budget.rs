//! The panic budget's decision, held against a slow model.

use std::time::Duration;

use hedgerow_config::{OverBudget, PanicBudget};
use proptest::prelude::*;

use super::super::budget::{Figures, Sample, Seen, Standing, Watch};

const PER: Duration = Duration::from_secs(10);

fn budget() -> PanicBudget {
    PanicBudget {
        rate: 0.1,
        min_calls: 100,
        per: PER,
        then: OverBudget::FailClosed,
    }
}

fn sample(seconds: u64, calls: u64, panics: u64) -> Sample {
    Sample {
        at: Duration::from_secs(seconds),
        calls,
        panics,
    }
}

#[test]
fn a_node_goes_over_its_budget_beyond_the_rate_and_not_before_there_were_enough_calls() {
    let cases = [
        ("one panic alone", 1, 1, Standing::Served),
        ("99 calls, all crashed", 99, 99, Standing::Served),
        ("100 calls at the rate", 100, 10, Standing::Served),
        ("100 calls beyond the rate", 100, 11, Standing::Refused),
    ];
    for (name, calls, panics, standing) in cases {
        let mut watch = Watch::new(Some(budget()));
        // The first panic begins the window.
        let _ = watch.look(sample(0, 1, 1), 1);
        assert_eq!(
            watch.look(sample(1, calls, panics), 1).standing,
            standing,
            "{name}"
        );
    }
}

#[test]
fn it_comes_back_when_the_window_is_over_and_its_actor_has_restarted_whichever_is_later() {
    let over = |watch: &mut Watch| {
        let _ = watch.look(sample(0, 1, 1), 1);
        let seen = watch.look(sample(1, 100, 50), 1);
        let figures = Figures {
            calls: 100,
            panics: 50,
        };
        assert_eq!(seen.changed, Some(figures));
        assert_eq!(seen.look_at, Some(Duration::from_secs(11)));
    };
    let mut restarted_first = Watch::new(Some(budget()));
    over(&mut restarted_first);
    assert_eq!(
        restarted_first.look(sample(2, 100, 50), 2).standing,
        Standing::Refused
    );
    let back = restarted_first.look(sample(11, 100, 52), 2);
    let expected = Seen {
        standing: Standing::Served,
        changed: Some(Figures::default()),
        look_at: None,
    };
    assert_eq!(back, expected);
    assert_eq!(
        restarted_first.look(sample(12, 101, 52), 2).look_at,
        None,
        "what crashed before is forgiven"
    );
    let mut restarted_last = Watch::new(Some(budget()));
    over(&mut restarted_last);
    assert_eq!(
        restarted_last.look(sample(20, 100, 50), 1).standing,
        Standing::Refused
    );
    assert_eq!(
        restarted_last.look(sample(20, 100, 50), 2).standing,
        Standing::Served
    );
}

#[test]
fn without_a_budget_a_node_is_served_whatever_it_does() {
    let mut watch = Watch::new(None);
    assert_eq!(watch.look(sample(1, 1_000, 1_000), 1).standing, Standing::Served);
}

/// What happens between two looks, a tenth of the window apart.
#[derive(Debug, Clone, Copy)]
struct Tick {
    calls: u64,
    panics: u64,
}

fn ticks() -> impl Strategy<Value = Vec<Tick>> {
    let tick = (0..60_u64, prop_oneof![3 => Just(0_u64), 1 => 0..12_u64]).prop_map(|(calls, panics)| Tick {
        calls: calls.max(panics),
        panics,
    });
    prop::collection::vec(tick, 1..80)
}

/// The figures of every window that begins with a panic, from the list of all ticks: what the window holds at the end of
/// the tick `now`, where it was begun at the tick `begun`.
fn held(ticks: &[Tick], begun: usize, now: usize) -> Figures {
    // The window begins at the end of a tick, ten ticks back; it is begun with the panics of a tick and not its other calls.
    let oldest = (now + 1).saturating_sub(10);
    let mut figures = Figures::default();
    for (index, tick) in ticks.iter().enumerate().take(now + 1) {
        if index > begun && index >= oldest {
            figures.calls += tick.calls;
            figures.panics += tick.panics;
        } else if index == begun && now < begun + 10 {
            figures.calls += tick.panics;
            figures.panics += tick.panics;
        }
    }
    figures
}

proptest! {
    #[test]
    fn looks_at_every_step_decide_as_a_list_of_all_that_happened(ticks in ticks()) {
        let mut watch = Watch::new(Some(budget()));
        let (mut calls, mut panics) = (0, 0);
        let mut begun = None;
        for (now, tick) in ticks.iter().enumerate() {
            calls += tick.calls;
            panics += tick.panics;
            let seen = watch.look(sample(now as u64, calls, panics), 1);
            if begun.is_none() && tick.panics > 0 {
                begun = Some(now);
            }
            let figures = begun.map(|begun| held(&ticks, begun, now)).unwrap_or_default();
            if figures.panics == 0 {
                begun = None;
            }
            let over = figures.calls >= 100 && figures.panics as f64 / figures.calls as f64 > 0.1;
            prop_assert_eq!(seen.standing == Standing::Refused, over, "tick {}: {:?}", now, figures);
            prop_assert_eq!(seen.look_at.is_some(), over || figures.panics > 0);
            if over {
                prop_assert_eq!(seen.changed, Some(figures));
                break;
            }
        }
    }
}
