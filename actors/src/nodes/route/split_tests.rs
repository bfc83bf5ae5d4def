//! Shares, and who moves when they change.

use std::collections::HashMap;

use hedgerow_config::Split as Config;

use super::split::Split;
use crate::chance;

const KEYS: u64 = 100_000;

/// The names that keys lead to.
fn led(targets: &[(&'static str, u32)]) -> Vec<&'static str> {
    let split = Split::new(&Config::new(targets.iter().copied()), 0);
    let name = |key| targets[split.lead_of(crate::fnv::fnv1a(u64::to_le_bytes(key)))].0;
    (0..KEYS).map(name).collect()
}

fn counted(names: impl IntoIterator<Item = &'static str>) -> HashMap<&'static str, u64> {
    let mut counts = HashMap::new();
    for name in names {
        *counts.entry(name).or_default() += 1;
    }
    counts
}

/// Whether the counts are what the weights say, within five standard deviations of a binomial share.
fn are_as_weighted(counts: &HashMap<&'static str, u64>, targets: &[(&'static str, u32)]) {
    let sum: u32 = targets.iter().map(|(_, weight)| weight).sum();
    let all = KEYS as f64;
    for (name, weight) in targets {
        let share = f64::from(*weight) / f64::from(sum);
        let count = counts.get(name).copied().unwrap_or_default() as f64;
        let most = 5.0 * (all * share * (1.0 - share)).sqrt();
        assert!(
            (count - all * share).abs() <= most,
            "{name}: {count} of {all}, {targets:?}"
        );
    }
}

const SPLITS: [&[(&str, u32)]; 4] = [
    &[("web", 95), ("next", 5)],
    &[("a", 1), ("b", 2), ("c", 3), ("d", 4)],
    &[("web", 1), ("none", 0)],
    &[("web", u32::MAX - 1), ("next", 1)],
];

#[test]
fn keys_lead_to_upstreams_as_their_weights_say() {
    for targets in SPLITS {
        are_as_weighted(&counted(led(targets)), targets);
    }
}

#[test]
fn requests_that_are_drawn_are_shared_as_the_weights_say() {
    chance::seed(3);
    for targets in SPLITS {
        let split = Split::new(&Config::new(targets.iter().copied()), 0);
        let drawn = (0..KEYS).map(|_| targets[split.drawn(chance::draw())].0);
        are_as_weighted(&counted(drawn), targets);
        // The ends of all that can be drawn.
        let ends = [0, u64::MAX].map(|number| targets[split.drawn(number)].1);
        assert!(ends.iter().all(|weight| *weight > 0), "{ends:?}");
    }
}

#[test]
fn the_order_of_upstreams_means_nothing_to_a_key() {
    let (one, other) = (
        led(&[("a", 5), ("b", 3), ("c", 2)]),
        led(&[("c", 2), ("a", 5), ("b", 3)]),
    );
    assert_eq!(one, other);
}

#[test]
fn a_weight_that_grows_moves_keys_to_its_upstream_alone_and_no_more_than_it_must() {
    let (before, after) = (
        led(&[("web", 95), ("next", 5)]),
        led(&[("web", 95), ("next", 20)]),
    );
    let moves: Vec<_> = before
        .iter()
        .zip(&after)
        .filter(|(from, to)| from != to)
        .collect();
    assert!(moves.iter().all(|moved| *moved == (&"web", &"next")));
    // From 5 in 100 to 20 in 115.
    let least = KEYS as f64 * (20.0 / 115.0 - 5.0 / 100.0);
    let far = 5.0 * (KEYS as f64 * 0.125).sqrt();
    assert!(
        (moves.len() as f64 - least).abs() < far,
        "{} moved, {least} must",
        moves.len()
    );
}

#[test]
fn an_upstream_that_is_added_or_taken_away_moves_only_what_comes_to_it_or_was_its() {
    let (without, with) = (led(&[("a", 1), ("b", 1)]), led(&[("b", 1), ("c", 1), ("a", 1)]));
    let moves = without.iter().zip(&with).filter(|(from, to)| from != to);
    let mut moved = 0;
    for (_, to) in moves {
        assert_eq!(*to, "c");
        moved += 1;
    }
    assert!((KEYS * 30 / 100..KEYS * 36 / 100).contains(&moved), "{moved}");
}

#[test]
fn where_a_key_leads_is_the_same_for_ever() {
    let seen: String = led(&[("web", 1), ("next", 1)])[..32]
        .iter()
        .map(|name| &name[..1])
        .collect();
    assert_eq!(seen, "nwwwwwnwnwwwwnnnwnnwwwnnwwwnwnnw");
}
