#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Duration;

use hedgerow_view::Path;

use super::watch::{EVERY, Sample, Watch};
use super::{Activity, Blocked, LIMIT, Report, State, Watchdog, look};
use crate::clock::Clock;

fn path(name: &str) -> Path {
    Path::root("shop").child(name)
}

/// So many looks, an interval apart, from `from` on; what was reported.
fn looks(activity: &Arc<Activity>, watch: &mut Watch, from: u32, count: u32) -> Vec<Report> {
    let reports = std::cell::RefCell::new(Vec::new());
    for at in from..from + count {
        let report = |report| reports.borrow_mut().push(report);
        look(std::slice::from_ref(activity), watch, EVERY * at, &report);
    }
    reports.into_inner()
}

#[test]
fn the_watchdog_names_the_actor_and_the_handler_that_blocks_a_thread_and_says_when_it_is_over() {
    let activities = [Arc::new(Activity::default()), Arc::new(Activity::default())];
    let (report, reports) = sync_channel(16);
    let clock = Clock::start();
    let started = Watchdog::start(activities.to_vec(), LIMIT, clock, move |said| {
        let _ = report.send(said);
    });
    let watchdog = started.unwrap();
    let (go_on, wait) = sync_channel::<()>(0);
    let mine = activities[1].clone();
    let control = thread::spawn(move || {
        mine.begin(&path("payments"), "turn");
        mine.doing("Charge");
        let _ = wait.recv();
        mine.end();
    });

    let said = reports.recv().unwrap();
    assert_eq!(
        (said.thread, &said.path, said.work),
        (1, &path("payments"), "Charge")
    );
    let State::Blocked { for_ } = said.state else {
        unreachable!("the first report was {said:?}")
    };
    assert!(for_ >= LIMIT, "reported after {for_:?}");
    let seen = activities[1].blocked().unwrap();
    assert_eq!((&seen.path, seen.work), (&path("payments"), "Charge"));
    assert!(!activities[0].is_blocked());

    drop(go_on);
    let said = reports.recv().unwrap();
    assert_eq!(
        (said.thread, &said.path, said.work),
        (1, &path("payments"), "Charge")
    );
    assert!(matches!(said.state, State::Freed { after } if after >= for_));
    assert_eq!(activities[1].blocked(), None);
    control.join().unwrap();
    drop(watchdog);
    assert!(reports.recv().is_err(), "the watchdog has ended and says no more");
}

#[test]
fn a_watchdog_that_is_dropped_ends_its_thread_and_shows_nothing_as_blocked_any_more() {
    let activity = Arc::new(Activity::default());
    let shown = Blocked {
        path: path("a"),
        work: "A",
        for_: LIMIT,
    };
    activity.publish(Some(shown));
    let watchdog = Watchdog::start(vec![activity.clone()], LIMIT, Clock::start(), |_| ()).unwrap();
    drop(watchdog);
    assert_eq!(Arc::strong_count(&activity), 1);
    assert_eq!(activity.blocked(), None);
}

#[test]
fn how_long_a_thread_is_blocked_is_shown_anew_at_every_look() {
    let activity = Arc::new(Activity::default());
    let mut watch = Watch::new(1, LIMIT);
    activity.begin(&path("a"), "A");
    assert_eq!(looks(&activity, &mut watch, 0, 6).len(), 1);
    assert_eq!(activity.blocked().unwrap().for_, EVERY * 5);
    assert_eq!(looks(&activity, &mut watch, 6, 3), []);
    assert_eq!(activity.blocked().unwrap().for_, EVERY * 8);
}

#[test]
fn turns_of_many_actors_and_messages_within_a_turn_are_steps_of_their_own() {
    let activity = Arc::new(Activity::default());
    let mut watch = Watch::new(1, LIMIT);
    let (a, b) = (path("a"), path("b"));
    for at in 0..20 {
        activity.end();
        activity.begin(if at % 2 == 0 { &a } else { &b }, "turn");
        assert_eq!(looks(&activity, &mut watch, at, 1), []);
    }
    for at in 20..40 {
        activity.doing("Charge");
        assert_eq!(looks(&activity, &mut watch, at, 1), []);
    }
    assert_eq!(looks(&activity, &mut watch, 40, 6)[0].path, b);
}

#[test]
fn a_step_is_odd_in_a_turn_and_even_between_turns_whatever_was_left_out() {
    let activity = Activity::default();
    let a = path("a");
    let mut before = activity.sample();
    assert!(!before.busy);
    type Call = fn(&Activity, &Path);
    let calls: [(Call, bool); 8] = [
        (|activity, a| activity.begin(a, "A"), true),
        (|activity, _| activity.doing("B"), true),
        (|activity, a| activity.begin(a, "A"), true),
        (|activity, _| activity.end(), false),
        (|activity, _| activity.doing("B"), false),
        (|activity, a| activity.begin(a, "A"), true),
        (|activity, _| activity.doing("B"), true),
        (|activity, _| activity.end(), false),
    ];
    for (call, busy) in calls {
        call(&activity, &a);
        let Sample { step, busy: is } = activity.sample();
        assert!(step > before.step && is == busy);
        before = activity.sample();
    }
    activity.end();
    assert_eq!(activity.sample(), before);
}

#[test]
fn who_has_moved_on_since_the_sample_is_not_named() {
    let activity = Activity::default();
    activity.begin(&path("a"), "A");
    let sampled = activity.sample().step;
    assert_eq!(activity.at(sampled), Some((path("a"), "A")));
    activity.doing("B");
    assert_eq!(activity.at(sampled), None);
}

#[test]
fn more_of_the_same_is_named_as_well_and_a_change_of_actor_or_work_is_never_missed() {
    let activity = Activity::default();
    let (a, b) = (path("a"), path("b"));
    // At one place in memory, and told apart by their length.
    let whole = "Charged";
    let part = &whole[..6];
    let named = || activity.at(activity.sample().step);
    for (path, work) in [(&a, "A"), (&a, "A"), (&b, "A"), (&b, "B"), (&a, "B"), (&a, "A")] {
        activity.begin(path, work);
        assert_eq!(named(), Some((path.clone(), work)));
        for work in ["C", "C", whole, part, whole, "turn"] {
            let before = activity.sample().step;
            activity.doing(work);
            assert_eq!(named(), Some((path.clone(), work)));
            assert_eq!(activity.at(before), None);
        }
        activity.end();
    }
}

#[test]
fn a_limit_shorter_than_three_looks_still_takes_three() {
    let activity = Arc::new(Activity::default());
    let mut watch = Watch::new(1, Duration::from_millis(1));
    activity.begin(&path("a"), "A");
    assert_eq!(looks(&activity, &mut watch, 0, 2), []);
    assert_eq!(looks(&activity, &mut watch, 2, 1).len(), 1);
}
