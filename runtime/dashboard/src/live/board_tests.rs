//! One look for all, however many there are and however slowly they read.
#![allow(clippy::unwrap_used)]

use std::cell::Cell;
use std::time::SystemTime;

use super::*;

/// A board, a time that is an argument, and how often the mesh was looked at.
struct Bench {
    board: Board,
    now: Instant,
    looks: Cell<u32>,
}

impl Bench {
    fn new() -> Self {
        Self {
            board: Board::default(),
            now: Instant::now(),
            looks: Cell::new(0),
        }
    }

    fn show(&self, seen: Option<u64>) -> Option<Shown> {
        self.board.show(seen, self.now, || {
            self.looks.set(self.looks.get() + 1);
            (SystemTime::UNIX_EPOCH.into(), Snapshot::default())
        })
    }
}

fn text(shown: &Shown) -> &str {
    std::str::from_utf8(&shown.frames).unwrap()
}

#[test]
fn many_viewers_share_one_look_and_its_frames() {
    let mut bench = Bench::new();
    let first = bench.show(None).unwrap();
    assert!(text(&first).contains("event: tree\ndata: {\"order\":[],\"set\":{},\"whole\":true}"));
    for _ in 0..9 {
        let other = bench.show(None).unwrap();
        assert_eq!(other.frames.as_ptr(), first.frames.as_ptr());
    }
    assert_eq!(bench.looks.get(), 1);
    bench.now += EVERY;
    for _ in 0..10 {
        bench.show(Some(0)).unwrap();
    }
    assert_eq!(bench.looks.get(), 2);
}

#[test]
fn a_look_that_finds_nothing_new_says_that_it_looked() {
    let mut bench = Bench::new();
    bench.show(None);
    assert_eq!(bench.show(Some(0)), None);
    bench.now += EVERY;
    let shown = bench.show(Some(0)).unwrap();
    assert_eq!(
        (shown.number, text(&shown)),
        (1, "event: seen\ndata: {\"at\":\"1970-01-01T00:00:00.000Z\"}\n\n")
    );
}

#[test]
fn a_viewer_that_is_a_little_behind_is_sent_each_change_and_one_far_behind_everything() {
    let mut bench = Bench::new();
    bench.show(None);
    for _ in 0..KEPT {
        bench.now += EVERY;
        bench.show(None);
    }
    assert_eq!(bench.show(Some(0)).unwrap().number, 1);
    assert_eq!(bench.show(Some(7)).unwrap().number, 8);
    assert_eq!(bench.show(Some(8)), None);
    bench.now += EVERY;
    let shown = bench.show(Some(0)).unwrap();
    assert_eq!(shown.number, 9);
    assert!(text(&shown).contains("\"whole\":true"), "{}", text(&shown));
}

#[test]
fn nobody_looks_while_nobody_views() {
    let mut bench = Bench::new();
    bench.show(None);
    bench.now += EVERY * 3_600;
    assert_eq!(bench.looks.get(), 1);
    assert!(bench.board.due(bench.now) < bench.now);
}
