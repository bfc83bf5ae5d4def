//! What Erlang's `supervisor` manual says, case by case, and where this supervisor says otherwise. How a case is
//! written: `story_tests.rs`. Orders by hand, added children and what arrives late: `orders_tests.rs`.

use super::story::{check, check_all};

#[test]
fn children_start_in_order_and_stop_in_reverse() {
    check_all(
        "
        - each is ready before the next is started
          one-for-one: perm trans temp;  begin -> start 0 | ready 0 -> start 1 | ready 1 -> start 2
            | ready 2 -> up
        - a supervisor of nobody is up at once
          one-for-one:;  begin -> up | stop -> end shutdown
        - each is down before the one before it is stopped
          rest-for-one: perm perm perm;  stop -> stop 2 | down 2 -> stop 1 | down 1 -> stop 0
            | down 0 -> end shutdown
        - a child that has to be killed is as good as down
          one-for-one: perm perm;  stop -> stop 1 | killed 1 -> stop 0 | down 0 -> end shutdown
        - a child that panics while it stops is not restarted
          one-for-all: perm perm;  stop -> stop 1 | panic 1 -> stop 0 | panic 0 -> end shutdown
        - a child that ends by itself during the stop is one step less
          one-for-one: perm perm perm;  stop -> stop 2 | panic 1 | down 2 -> stop 0 | down 0 -> end shutdown
        - a second stop changes nothing
          one-for-one: perm perm;  stop -> stop 1 | stop | down 1 -> stop 0 | stop | down 0 -> end shutdown
            | stop
        - a child that failed at first start takes back those before it
          one-for-one: perm perm perm;  begin -> start 0 | ready 0 -> start 1 | ready 1 -> start 2
            | initFailed 2 -> stop 1 | down 1 -> stop 0 | down 0 -> end initFailed
        - a temporary child that fails at first start does so too
          one-for-one: perm temp perm;  begin -> start 0 | ready 0 -> start 1 | panic 1 -> stop 0
            | down 0 -> end initFailed
        - a first start that fails costs no restart, whatever the intensity
          one-for-one: perm, 0 in 10s;  begin -> start 0 | initFailed 0 -> end initFailed | again -> start 0
            | ready 0 -> up
        - a stop during the first start stops who is starting, then the others
          one-for-one: perm perm perm;  begin -> start 0 | ready 0 -> start 1 | stop -> stop 1 | ready 1
            | down 1 -> stop 0 | down 0 -> end shutdown
        ",
    );
}

#[test]
fn the_restart_type_and_the_exit_decide_whether_a_child_comes_back() {
    let restarts = [
        ("perm", true, true),
        ("trans", false, true),
        ("temp", false, false),
    ];
    let exits = [
        ("normal", false),
        ("shutdown", false),
        ("panic", true),
        ("killed", true),
        ("initFailed", true),
        ("lost", true),
        ("intensityReached", true),
    ];
    for (restart, after_normal, after_abnormal) in restarts {
        for (exit, abnormal) in exits {
            let again = if abnormal { after_abnormal } else { after_normal };
            for (strategy, others) in [
                ("one-for-one", ""),
                ("rest-for-one", "stop 2 | down 2 ->"),
                ("one-for-all", "stop 2 | down 2 -> stop 0 | down 0 ->"),
            ] {
                let first = if strategy == "one-for-all" {
                    "start 0"
                } else {
                    "start 1"
                };
                let orders = if again {
                    format!("-> {others} {first}")
                } else {
                    String::new()
                };
                let tree = format!("{strategy}: perm {restart} perm");
                let story = format!("{exit} 1 {orders}");
                assert_eq!(check("the middle one of three", &tree, &story), Ok(()));
            }
        }
    }
}

#[test]
fn the_strategy_says_who_is_restarted_with_it() {
    check_all(
        "
        - one for one leaves the others alone
          one-for-one: perm perm perm;  panic 1 -> start 1 | ready 1
        - one for one restarts two that fell, each by itself
          one-for-one: perm perm perm;  panic 2 -> start 2 | panic 0 -> start 0 | ready 2 | ready 0
        - one for all, the first
          one-for-all: perm perm perm;  panic 0 -> stop 2 | down 2 -> stop 1 | down 1 -> start 0
            | ready 0 -> start 1 | ready 1 -> start 2 | ready 2
        - one for all, one in the middle
          one-for-all: perm perm perm;  panic 1 -> stop 2 | down 2 -> stop 0 | down 0 -> start 0
            | ready 0 -> start 1 | ready 1 -> start 2 | ready 2
        - one for all, the last
          one-for-all: perm perm perm;  panic 2 -> stop 1 | down 1 -> stop 0 | down 0 -> start 0
            | ready 0 -> start 1 | ready 1 -> start 2 | ready 2
        - rest for one, the first: all
          rest-for-one: perm perm perm;  panic 0 -> stop 2 | down 2 -> stop 1 | down 1 -> start 0
            | ready 0 -> start 1 | ready 1 -> start 2 | ready 2
        - rest for one, one in the middle
          rest-for-one: perm perm perm;  panic 1 -> stop 2 | down 2 -> start 1 | ready 1 -> start 2 | ready 2
        - rest for one, the last: only it
          rest-for-one: perm perm perm;  panic 2 -> start 2 | ready 2
        - a transient sibling is restarted with its group
          one-for-all: perm trans;  panic 0 -> stop 1 | down 1 -> start 0 | ready 0 -> start 1 | ready 1
        - a temporary sibling is stopped with its group and stays down
          one-for-all: temp perm temp;  panic 1 -> stop 2 | down 2 -> stop 0 | down 0 -> start 1 | ready 1
        - a temporary child that falls takes nobody with it
          one-for-all: perm temp perm;  panic 1
        - a transient child that is done stays down when its group is restarted (OTP starts it)
          one-for-all: perm trans;  normal 1 | panic 0 -> start 0 | ready 0
        - a sibling that falls while the group is stopped is part of it
          one-for-all: perm perm perm, 1 in 10s;  panic 1 -> stop 2 | panic 0 | down 2 -> start 0
            | ready 0 -> start 1 | ready 1 -> start 2 | ready 2
        - a transient sibling that ends then is restarted with the group
          one-for-all: trans perm perm;  panic 1 -> stop 2 | normal 0 | down 2 -> start 0
        - a fall further up takes in the rest that is being restarted
          rest-for-one: perm perm perm perm;  panic 2 -> stop 3 | panic 0 | down 3 -> stop 1 | down 1 -> start 0
        ",
    );
}

#[test]
fn more_restarts_than_the_intensity_allows_end_the_supervisor() {
    check_all(
        "
        - none is allowed
          one-for-one: perm perm, 0 in 10s;  panic 1 -> stop 0 | down 0 -> end intensityReached
        - exactly as many as are allowed
          one-for-one: perm perm, 2 in 10s;  panic 0 -> start 0 | ready 0 | panic 1 -> start 1 | ready 1
        - one beyond
          one-for-one: perm perm perm, 2 in 10s;  panic 0 -> start 0 | ready 0 | panic 1 -> start 1 | ready 1
            | panic 2 -> stop 1 | down 1 -> stop 0 | down 0 -> end intensityReached
        - a restart at the very edge of the period still counts
          one-for-one: perm perm, 1 in 10s;  panic 0 -> start 0 | ready 0 | pass 10s | panic 1 -> stop 0
            | down 0 -> end intensityReached
        - one beyond the edge does not
          one-for-one: perm perm, 1 in 10s;  panic 0 -> start 0 | ready 0 | pass 10.001s | panic 1 -> start 1
            | ready 1
        - the period slides
          one-for-one: perm perm perm, 2 in 10s;  panic 0 -> start 0 | ready 0 | pass 6s | panic 1 -> start 1
            | ready 1 | pass 6s | panic 2 -> start 2 | ready 2 | pass 3s | panic 0 -> stop 2
        - a restart of a group counts once
          one-for-all: perm perm perm, 1 in 10s;  panic 0 -> stop 2 | down 2 -> stop 1 | down 1 -> start 0
            | ready 0 -> start 1 | ready 1 -> start 2 | ready 2
        - a child that is left down costs nothing
          one-for-one: temp trans perm, 0 in 10s;  panic 0 | normal 1
        - a start that fails at a restart is one more
          one-for-one: perm perm, 2 in 10s;  panic 1 -> start 1 | initFailed 1 -> wait | waited -> start 1
            | initFailed 1 -> stop 0 | down 0 -> end intensityReached
        - what an earlier life of the supervisor spent is forgotten
          one-for-one: perm, 1 in 10s;  panic 0 -> start 0 | ready 0 | panic 0 -> end intensityReached
            | again -> start 0 | ready 0 -> up | panic 0 -> start 0
        ",
    );
}

#[test]
fn a_child_that_fails_at_a_restart_is_tried_again_by_its_strategy() {
    check_all(
        "
        - one for one: it alone, after a wait
          one-for-one: perm perm;  panic 0 -> start 0 | initFailed 0 -> wait | waited -> start 0 | ready 0
        - one for all: those that were up already are stopped again
          one-for-all: perm perm perm;  panic 0 -> stop 2 | down 2 -> stop 1 | down 1 -> start 0
            | ready 0 -> start 1 | initFailed 1 -> stop 0 | down 0 -> start 0 | ready 0 -> start 1
            | ready 1 -> start 2 | ready 2
        - rest for one: from the one that failed on
          rest-for-one: perm perm perm;  panic 0 -> stop 2 | down 2 -> stop 1 | down 1 -> start 0
            | ready 0 -> start 1 | initFailed 1 -> start 1 | ready 1 -> start 2 | ready 2
        - a transient child that fails to start is tried again
          one-for-one: trans;  panic 0 -> start 0 | initFailed 0 -> wait | waited -> start 0
        - the wait is forgotten after a quiet time
          one-for-one: perm, 9 in 10s;  panic 0 -> start 0 | ready 0 | panic 0 -> wait | waited -> start 0
            | ready 0 | pass 10s | panic 0 -> start 0
        - one that fell in a group's wait does not end it
          one-for-all: perm perm, 9 in 10s;  panic 0 -> stop 1 | down 1 -> start 0 | panic 0 -> wait | panic 0
            | late panic 1 | waited -> start 0
        ",
    );
}

#[test]
fn a_significant_child_that_is_left_down_ends_its_supervisor() {
    check_all(
        "
        - never: it changes nothing
          one-for-one: temp* perm;  panic 0
        - any: a transient one that is done
          one-for-one: perm trans* perm, any;  normal 1 -> stop 2 | down 2 -> stop 0 | down 0 -> end normal
        - any: a transient one that panics is restarted
          one-for-one: perm trans*, any;  panic 1 -> start 1 | ready 1
        - any: a temporary one, with its own exit (OTP: shutdown)
          one-for-one: perm temp*, any;  panic 1 -> stop 0 | down 0 -> end panic
        - any: the first of two is enough
          one-for-one: trans* trans*, any;  normal 0 -> stop 1 | down 1 -> end normal
        - any: the only child
          one-for-one: temp*, any;  lost 0 -> end lost
        - any: one that is not significant ends nobody
          one-for-one: temp* temp, any;  panic 1
        - any: stopped by hand it ends nobody
          one-for-one: perm trans*, any;  stop 1 -> stop 1 | down 1
        - any: stopped with its group it ends nobody
          one-for-all: perm temp*, any;  panic 0 -> stop 1 | down 1 -> start 0 | ready 0
        - any: taken off the list it ends nobody
          one-for-one: perm temp*, any;  delete 1 -> stop 1 | down 1 -> removed 1
        - any: an intensity of zero does not matter
          one-for-one: temp*, 0 in 10s, any;  normal 0 -> end normal
        - all: the first of two is not enough, the last is
          one-for-one: trans* temp* perm, all;  panic 1 | normal 0 -> stop 2 | down 2 -> end normal
        - all: the exit is the last one's
          one-for-one: trans* temp*, all;  normal 0 | panic 1 -> end panic
        - all: one in its back-off will be up, and counts
          one-for-one: trans* temp*, all;  panic 0 -> start 0 | panic 0 -> wait | normal 1 | waited -> start 0
            | ready 0 | normal 0 -> end normal
        - all: one that was stopped by hand does not count
          one-for-one: trans* temp* perm, all;  stop 0 -> stop 0 | down 0 | normal 1 -> stop 2
        - all: one that was started again by hand does
          one-for-one: trans* temp* perm, all;  normal 0 | start 0 -> start 0 | ready 0 | normal 1
            | normal 0 -> stop 2
        - all: one that was deleted does not count
          one-for-one: trans* temp*, all;  delete 0 -> stop 0 | normal 1 | down 0 -> removed 0, end normal
        - all: one that was stopped with its group does not count
          one-for-all: perm temp* trans*, all;  panic 0 -> stop 2 | down 2 -> stop 1 | down 1 -> start 0
            | ready 0 -> start 2 | ready 2 | normal 2 -> stop 0
        - all: the last one stopped by hand ends nobody
          one-for-one: trans* trans* perm, all;  normal 0 | stop 1 -> stop 1 | down 1
        ",
    );
}
