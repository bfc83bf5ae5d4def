//! How much a request matters.

use hedgerow_config::Shed;

use crate::shed::Levels;

fn thresholds(shed: &Shed) -> Vec<u32> {
    let levels = Levels::new(shed);
    (0..levels.len())
        .map(|level| levels.threshold(level).unwrap())
        .collect()
}

#[test]
fn the_less_a_request_matters_the_fewer_may_be_in_flight() {
    assert_eq!(thresholds(&Shed::new().in_flight(200)), [200, 167, 133, 100]);
    assert_eq!(thresholds(&Shed::new().in_flight(200).from(1.0)), [200; 4]);
    assert_eq!(thresholds(&Shed::new().in_flight(1)), [1; 4], "each at least one");
    let two = Shed::new().levels(["more", "less"]).in_flight(100).from(0.1);
    assert_eq!(thresholds(&two), [100, 10]);
}

#[test]
fn a_level_is_read_in_whatever_case_and_with_or_without_hyphens() {
    let levels = Levels::new(&Shed::new());
    for (said, level) in [
        ("criticalPlus", 0),
        ("CRITICAL_PLUS", 0),
        ("critical-plus", 0),
        ("Critical", 1),
        ("sheddable", 3),
        ("SheddablePlus", 2),
        ("critic", 1),
        ("criticalplusplus", 1),
        ("", 1),
        ("\u{e4}", 1),
    ] {
        assert_eq!(levels.of(Some(said.as_bytes()), || true), level, "{said:?}");
    }
    assert_eq!(levels.of(None, || true), 1);
}

#[test]
fn a_stranger_is_believed_that_his_request_matters_less_and_not_that_it_matters_more() {
    let levels = Levels::new(&Shed::new());
    for (said, level) in [("criticalPlus", 1), ("critical", 1), ("sheddable", 3)] {
        assert_eq!(levels.of(Some(said.as_bytes()), || false), level, "{said:?}");
    }
}
