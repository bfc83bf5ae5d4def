#![allow(clippy::unwrap_used)]

use hedgerow_config::{Balance, Hashing};

use super::field::{Field, are_drawn, are_near, seeded, table};
use super::{By, Member, Table, hash};

const KEYS: u64 = 20_000;

fn both() -> [Balance; 2] {
    ["ringHash", "maglev"].map(|name| Balance::named(name).unwrap())
}

fn led_by(table: &Table, field: &Field, key: u64) -> Option<usize> {
    let by = By {
        turn: 0,
        hash: Some(hash(key.to_le_bytes())),
    };
    let mut random = || panic!("a key leads, nothing is drawn");
    table.pick(by, field, &mut random)
}

/// Where all keys lead.
fn led(table: &Table, field: &Field) -> Vec<usize> {
    (0..KEYS).map(|key| led_by(table, field, key).unwrap()).collect()
}

fn counted(led: &[usize], members: usize) -> Vec<u64> {
    let mut counts = vec![0; members];
    for index in led {
        counts[*index] += 1;
    }
    counts
}

#[test]
fn keys_lead_to_members_as_their_weights_say() {
    // 160 points for each weight: a standard deviation is an eighth of a twelfth. A table is even to a percent; the rest is
    // the keys' own chance.
    for (balance, off) in both().into_iter().zip([0.3, 0.1]) {
        for weights in [&[1; 10][..], &[1, 2, 3, 4], &[1, 9]] {
            let shares: Vec<f64> = weights.iter().map(|weight| f64::from(*weight)).collect();
            let led = led(&table(&balance, weights), &Field::idle(weights.len()));
            are_near(&counted(&led, weights.len()), &shares, off);
        }
    }
}

#[test]
fn the_order_of_members_means_nothing_to_a_key() {
    let names = ["c:1", "a:1", "b:1", "d:1"];
    let members = |order: [usize; 4]| {
        order.map(|index| Member {
            name: names[index],
            weight: index as u32 + 1,
        })
    };
    for balance in both() {
        let orders = [[0, 1, 2, 3], [3, 1, 0, 2]];
        let [one, other] = orders.map(|order| {
            let led = led(&Table::build(&balance, &members(order)), &Field::idle(4));
            led.into_iter().map(|index| order[index]).collect::<Vec<_>>()
        });
        assert_eq!(one, other);
    }
}

/// A table of all but the last of so many, and where the keys of each lead.
fn before_and_after(balance: &Balance, members: usize) -> [Vec<usize>; 2] {
    [members, members - 1].map(|count| led(&table(balance, &vec![1; count]), &Field::idle(count)))
}

#[test]
fn where_a_member_leaves_its_keys_go_to_all_others_and_few_others_move() {
    for (balance, most) in both().into_iter().zip([0.0, 0.02]) {
        let [before, after] = before_and_after(&balance, 10);
        let (its, others): (Vec<_>, Vec<_>) = before.iter().zip(&after).partition(|(from, _)| **from == 9);
        let moved = others.iter().filter(|(from, to)| from != to).count() as f64;
        assert!(moved / KEYS as f64 <= most, "{balance:?}: {moved}");
        let heirs: Vec<usize> = its.iter().map(|(_, to)| **to).collect();
        are_near(&counted(&heirs, 9), &[1.0; 9], 0.6);
    }
}

#[test]
fn the_keys_of_one_that_may_not_be_used_go_to_all_others_and_no_other_moves() {
    for balance in both() {
        let table = table(&balance, &[1; 5]);
        let before = led(&table, &Field::idle(5));
        let after = led(&table, &Field::idle(5).without(2));
        let (its, others): (Vec<_>, Vec<_>) = before.iter().zip(&after).partition(|(from, _)| **from == 2);
        assert!(others.iter().all(|(from, to)| from == to));
        let heirs: Vec<usize> = its.iter().map(|(_, to)| **to).collect();
        are_near(&counted(&heirs, 5), &[1.0, 1.0, 0.0, 1.0, 1.0], 0.4);
    }
}

#[test]
fn where_few_of_many_may_be_used_keys_are_shared_among_them_and_stay() {
    for balance in both() {
        let table = table(&balance, &[1; 500]);
        let field = (4..500).fold(Field::idle(500), |field, index| field.without(index));
        let once = led(&table, &field);
        are_drawn(&counted(&once, 4), &[1.0; 4]);
        assert_eq!(once, led(&table, &field));
    }
}

#[test]
fn more_members_than_a_small_table_holds_have_their_shares() {
    for (balance, off) in both().into_iter().zip([0.9, 0.4]) {
        let count = 1_000;
        let table = table(&balance, &vec![1; count]);
        let field = Field::idle(count);
        let mut random = seeded(1);
        let mut counts = vec![0; count];
        for _ in 0..300_000 {
            let by = By {
                turn: 0,
                hash: Some(random()),
            };
            counts[table.pick(by, &field, &mut || 0).unwrap()] += 1;
        }
        are_near(&counts, &vec![1.0; count], off);
    }
}

#[test]
fn weights_that_would_need_too_many_points_have_their_shares() {
    let ring = Balance::RingHash(Hashing::default());
    let weights = [1_000, 1_000, 2_000];
    let led = led(&table(&ring, &weights), &Field::idle(3));
    are_near(&counted(&led, 3), &[1.0, 1.0, 2.0], 0.05);
}

#[test]
fn no_member_has_more_than_its_bound_where_load_is_bounded() {
    let hashing = Hashing {
        bounded_load: Some(1.25),
        ..Hashing::default()
    };
    for balance in [Balance::RingHash(hashing.clone()), Balance::Maglev(hashing)] {
        let weights = [1, 1, 2];
        let table = table(&balance, &weights);
        let mut field = Field::idle(3);
        // All calls have one key, and none ends.
        let mut favourite = None;
        for call in 1..=400_u64 {
            let index = led_by(&table, &field, 42).unwrap();
            favourite = favourite.or(Some(index));
            field.observed[index].in_flight += 1;
            let share = call as f64 * f64::from(weights[index]) / 4.0;
            // Rounded up, where a sum of floats is a little above a whole number.
            let most = (1.25 * share + 1e-9).ceil() as u64;
            assert!(field.observed[index].in_flight <= most, "{:?}", field.observed);
        }
        let favourite = favourite.unwrap();
        let most = (400.0 * f64::from(weights[favourite]) / 4.0 * 1.25) as u64;
        let its = field.observed[favourite].in_flight;
        assert!(its >= most, "the key stays where it can: {its}");
        // Who is left takes all where the bound cannot hold.
        for index in 0..2 {
            field.usable[index] = false;
        }
        field.observed[2].in_flight = 1_000;
        assert_eq!(led_by(&table, &field, 42), Some(2));
    }
}

#[test]
fn a_hash_is_the_same_for_ever() {
    assert_eq!(hash(*b"user-4711"), hash("user-4711".bytes()));
    assert_eq!(hash(*b""), 0xefd0_1f60_ba99_2926);
}
