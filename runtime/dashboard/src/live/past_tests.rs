//! What is kept of the last two minutes.
#![allow(clippy::unwrap_used)]

use super::*;

fn path(name: &str) -> Path {
    Path::root("shop").child(name)
}

/// Takes a sample of one breaker after the other, each at its rate.
fn add(past: &Past, now: Instant, rates: &[(&str, Permille)]) {
    past.add(now, || {
        rates.iter().map(|(name, rate)| (path(name), *rate)).collect()
    });
}

#[test]
fn a_page_is_told_how_old_each_sample_is_and_what_each_breaker_had_in_it() {
    let (past, start) = (Past::default(), Instant::now());
    add(&past, start, &[("till", 250)]);
    add(&past, start + EVERY, &[("till", 500), ("scale", 1000)]);
    add(&past, start + EVERY * 2, &[]);
    let told = past.told(start + EVERY * 2);
    let expected = json!({
        "agesMs": [4000, 2000, 0],
        "rates": { "shop/till": [0.25, 0.5, null], "shop/scale": [null, 1.0, null] },
    });
    assert_eq!(told, expected);
}

#[test]
fn a_sample_is_taken_only_where_one_is_due() {
    let (past, start) = (Past::default(), Instant::now());
    let looks = std::cell::Cell::new(0);
    for late in [0, 1_000, 1_950, 2_000, 3_900, 6_000] {
        past.add(start + Duration::from_millis(late), || {
            looks.set(looks.get() + 1);
            Vec::new()
        });
    }
    // At 0, at 1.95 s, which is near enough, at 3.9 s and at 6 s.
    assert_eq!(looks.get(), 4);
}

#[test]
fn what_is_older_than_two_minutes_is_forgotten() {
    let (past, start) = (Past::default(), Instant::now());
    add(&past, start, &[("till", 1000)]);
    add(&past, start + EVERY, &[("till", 500)]);
    let told = past.told(start + KEPT + EVERY / 2);
    assert_eq!(told["rates"], json!({ "shop/till": [0.5] }));
}

#[test]
fn so_many_breakers_keep_fewer_samples() {
    let (past, start) = (Past::default(), Instant::now());
    for round in 0..3 {
        past.add(start + EVERY * round, || vec![(path("till"), 500); MOST / 2]);
    }
    assert_eq!(past.told(start + EVERY * 2)["agesMs"], json!([2000, 0]));
}
