#![allow(clippy::unwrap_used)]

use hedgerow_config::Balance;

use super::field::{Field, are_drawn, are_near, picked, seeded, table};
use super::{By, Observed};

const CALLS: usize = 40_000;

fn all() -> impl Iterator<Item = Balance> {
    Balance::NAMES.into_iter().filter_map(Balance::named)
}

#[test]
fn idle_members_of_the_same_weight_are_drawn_alike() {
    for balance in [Balance::P2cEwma, Balance::LeastRequest] {
        for count in [1, 2, 3, 10, 101] {
            let table = table(&balance, &vec![1; count]);
            let counts = picked(&table, &Field::idle(count), CALLS, 1);
            are_drawn(&counts, &vec![1.0; count]);
        }
    }
}

#[test]
fn idle_members_are_drawn_as_their_weights_say() {
    let cases: [&[u32]; 4] = [&[1, 3], &[1, 2, 3, 4], &[1_000, 1, 1], &[5, 5, 7, 5, 5]];
    for balance in [Balance::P2cEwma, Balance::LeastRequest] {
        for weights in cases {
            let table = table(&balance, weights);
            let counts = picked(&table, &Field::idle(weights.len()), CALLS, 2);
            let shares: Vec<f64> = weights.iter().copied().map(f64::from).collect();
            are_drawn(&counts, &shares);
        }
    }
}

#[test]
fn calls_without_a_key_are_drawn_by_weight_where_keys_lead() {
    for balance in ["ringHash", "maglev"].map(|name| Balance::named(name).unwrap()) {
        let table = table(&balance, &[1, 2, 5]);
        let (field, mut random) = (Field::idle(3), seeded(3));
        let mut counts = [0; 3];
        for _ in 0..CALLS {
            counts[table.pick(By::default(), &field, &mut random).unwrap()] += 1;
        }
        are_drawn(&counts, &[1.0, 2.0, 5.0]);
    }
}

#[test]
fn turns_are_taken_one_after_the_other() {
    let table = table(&Balance::RoundRobin, &[1, 9, 1]);
    let (field, mut random) = (Field::idle(3), seeded(0));
    let by = |turn| By { turn, hash: None };
    let order: Vec<_> = (0..6)
        .map(|turn| table.pick(by(turn), &field, &mut random))
        .collect();
    assert_eq!(order, [0, 1, 2, 0, 1, 2].map(Some));
}

#[test]
fn turns_by_weight_are_exact_and_spread_over_the_round() {
    let mut random = seeded(0);
    for weights in [&[5, 1, 1][..], &[2, 2, 2], &[300, 200, 100], &[7, 3, 1, 1, 1]] {
        let (table, field) = (table(&Balance::Weighted, weights), Field::idle(weights.len()));
        let sum: u32 = weights.iter().sum();
        let mut order = Vec::new();
        for turn in 0..2 * sum as usize {
            let by = By { turn, hash: None };
            order.push(table.pick(by, &field, &mut random).unwrap());
        }
        for (member, weight) in weights.iter().enumerate() {
            let turns: Vec<usize> = (0..order.len()).filter(|turn| order[*turn] == member).collect();
            assert_eq!(turns.len(), 2 * *weight as usize, "{order:?}");
            let even = f64::from(sum) / f64::from(*weight);
            // Others may be due in between: no gap is longer than the even one and a turn for each.
            let most = even + weights.len() as f64;
            let widest = turns.windows(2).map(|pair| pair[1] - pair[0]).max();
            assert!(
                widest.is_none_or(|gap| gap as f64 <= most),
                "{weights:?}: {order:?}"
            );
        }
    }
}

#[test]
fn weights_without_a_common_measure_have_their_shares_within_a_percent() {
    let weights: Vec<u32> = (900..1_000).collect();
    let table = table(&Balance::Weighted, &weights);
    let counts = picked(&table, &Field::idle(weights.len()), 1 << 17, 4);
    let shares: Vec<f64> = weights.iter().copied().map(f64::from).collect();
    are_near(&counts, &shares, 0.01);
}

#[test]
fn the_calls_of_one_that_may_not_be_used_go_to_all_others_alike_and_not_to_its_neighbour() {
    for balance in [
        Balance::P2cEwma,
        Balance::LeastRequest,
        Balance::RoundRobin,
        Balance::Weighted,
    ] {
        let table = table(&balance, &[1; 5]);
        let counts = picked(&table, &Field::idle(5).without(1), CALLS, 5);
        are_drawn(&counts, &[1.0, 0.0, 1.0, 1.0, 1.0]);
        // Few of many: none is found by drawing alone.
        let few = (0..98).fold(Field::idle(101), |field, index| field.without(index));
        let table = self::table(&balance, &[1; 101]);
        let counts = picked(&table, &few, CALLS, 6);
        are_drawn(&counts[98..], &[1.0; 3]);
    }
}

#[test]
fn the_only_one_that_may_be_used_is_found_and_none_where_there_is_none() {
    for balance in all() {
        for count in [1, 2, 3, 1_000] {
            let table = table(&balance, &vec![1; count]);
            let mut field = Field::idle(count);
            field.usable.fill(false);
            let by = By {
                turn: 7,
                hash: Some(11),
            };
            let mut random = seeded(7);
            assert_eq!(table.pick(by, &field, &mut random), None, "{balance:?}");
            let only = count / 2;
            field.usable[only] = true;
            assert_eq!(table.pick(by, &field, &mut random), Some(only), "{balance:?}");
        }
        let nobody = table(&balance, &[]);
        let by = By {
            turn: 0,
            hash: Some(1),
        };
        assert_eq!(nobody.pick(by, &Field::idle(0), &mut seeded(0)), None);
    }
}

#[test]
fn of_two_the_one_with_fewer_calls_is_taken_and_by_weight() {
    let taken = |weights: &[u32], in_flight: &[u64]| {
        let field = Field::idle(weights.len()).with_in_flight(in_flight);
        picked(&table(&Balance::LeastRequest, weights), &field, 1_000, 8)
    };
    assert_eq!(taken(&[1, 1], &[4, 3]), [0, 1_000]);
    // Four calls at a weight of four are less than two at a weight of one.
    assert_eq!(taken(&[4, 1], &[4, 2]), [1_000, 0]);
    assert_eq!(taken(&[4, 1], &[9, 2]), [0, 1_000]);
    // The fullest of many loses each comparison.
    let counts = taken(&[1; 10], &[1, 1, 1, 1, 1, 1, 1, 1, 1, 2]);
    assert_eq!(counts[9], 0);
}

#[test]
fn of_two_the_one_that_is_expected_to_answer_sooner_is_taken() {
    let taken = |observed: [(f64, u64); 2]| {
        let mut field = Field::idle(2);
        field.observed = observed
            .map(|(nanos, in_flight)| Observed { in_flight, nanos })
            .to_vec();
        picked(&table(&Balance::P2cEwma, &[1, 1]), &field, 1_000, 9)
    };
    assert_eq!(taken([(1e6, 0), (2e6, 0)]), [1_000, 0]);
    assert_eq!(
        taken([(1e6, 2), (2e6, 0)]),
        [0, 1_000],
        "three calls of one, or one of two"
    );
    // Nobody knows: one call goes there to find out, and no second one.
    assert_eq!(taken([(1e6, 5), (0.0, 0)]), [0, 1_000]);
    assert_eq!(taken([(1e6, 5), (0.0, 1)]), [1_000, 0]);
    // Nothing is known of any: as many for each.
    assert_eq!(taken([(0.0, 2), (0.0, 1)]), [0, 1_000]);
}

#[test]
fn one_that_starts_slowly_gets_the_part_of_its_share_that_it_is_due() {
    for balance in [Balance::RoundRobin, Balance::Weighted] {
        let table = table(&balance, &[1; 4]);
        let counts = picked(&table, &Field::idle(4).with_ramp(2, 0.25), CALLS, 10);
        are_near(&counts, &[1.0, 1.0, 0.25, 1.0], 0.05);
    }
    // Where two are compared it is not more than twice that: it may win each comparison, as it is idle.
    for balance in [Balance::P2cEwma, Balance::LeastRequest] {
        let table = table(&balance, &[1; 4]);
        let field = Field::idle(4).with_in_flight(&[9, 9, 0, 9]).with_ramp(2, 0.25);
        let mine = picked(&table, &field, CALLS, 11)[2] as f64 / CALLS as f64;
        let due = 0.25 / 3.25;
        assert!((due..2.0 * due * 1.05).contains(&mine), "{mine}");
    }
}

#[test]
fn one_that_starts_slowly_is_taken_where_there_is_no_other() {
    for balance in all() {
        let table = table(&balance, &[1; 3]);
        let field = Field::idle(3).without(0).without(1).with_ramp(2, 0.1);
        assert_eq!(picked(&table, &field, 100, 12), [0, 0, 100], "{balance:?}");
    }
}
