//! Orders by hand, added children, a supervisor that falls, and what arrives late or in the middle of something else,
//! case by case. How a case is written: `story_tests.rs`.

use super::story::check_all;

#[test]
fn one_child_is_stopped_started_restarted_and_deleted_by_hand() {
    check_all(
        "
        - stopped, it stays down
          one-for-one: perm perm;  stop 0 -> stop 0 | down 0 | stop 0
        - stopped, it stays down when its group is restarted (OTP starts it)
          one-for-all: perm perm;  stop 0 -> stop 0 | down 0 | panic 1 -> start 1 | ready 1
        - stopped, it comes back with its supervisor
          one-for-one: perm perm;  stop 0 -> stop 0 | down 0 | stop -> stop 1 | down 1 -> end shutdown
            | again -> start 0 | ready 0 -> start 1
        - started, it comes up
          one-for-one: perm;  stop 0 -> stop 0 | down 0 | start 0 -> start 0 | ready 0
        - started while it is up, nothing happens
          one-for-one: perm;  start 0 | start 0
        - a temporary child that ended is started
          one-for-one: temp;  panic 0 | start 0 -> start 0 | ready 0 | panic 0
        - a started child whose start fails is decided by its type
          one-for-one: temp perm;  normal 0 | start 0 -> start 0 | initFailed 0 | stop 1 -> stop 1 | down 1
            | start 1 -> start 1 | initFailed 1 -> start 1
        - restarted, it is stopped first, and no intensity is spent
          one-for-one: perm, 0 in 10s;  restart 0 -> stop 0 | down 0 -> start 0 | ready 0 | restart 0 -> stop 0
        - restarted, it takes nobody with it
          one-for-all: perm perm perm;  restart 1 -> stop 1 | down 1 -> start 1 | ready 1
        - deleted, it is stopped first
          one-for-one: perm perm;  delete 0 -> stop 0 | down 0 -> removed 0 | start 0
        - deleted, it is not in its group any more
          one-for-all: perm perm perm;  delete 1 -> stop 1 | down 1 -> removed 1 | panic 2 -> stop 0
            | down 0 -> start 0 | ready 0 -> start 2
        - deleted while it is down, it is gone at once
          one-for-one: temp perm;  panic 0 | delete 0 -> removed 0
        - deleted, it does not come back with its supervisor
          one-for-one: perm perm;  delete 0 -> stop 0 | down 0 -> removed 0 | stop -> stop 1
            | down 1 -> end shutdown | again -> start 1
        - deleted, it costs nothing when it panics meanwhile
          one-for-one: perm, 0 in 10s;  delete 0 -> stop 0 | panic 0 -> removed 0
        - deleted twice, it is removed once
          one-for-one: perm;  delete 0 -> stop 0 | delete 0 | down 0 -> removed 0 | delete 0
        - no order holds for one that is being deleted
          one-for-one: perm;  delete 0 -> stop 0 | start 0 | restart 0 | stop 0 | down 0 -> removed 0
        - a supervisor that is ending takes no orders, but deletes
          one-for-one: perm perm perm;  stop -> stop 2 | start 0 | restart 0 | stop 0 | delete 1
            | down 2 -> stop 1 | down 1 -> removed 1, stop 0 | down 0 -> end shutdown | delete 2 -> removed 2
            | again -> start 0 | ready 0 -> up
        ",
    );
}

#[test]
fn a_child_is_added_to_a_supervisor_at_work() {
    check_all(
        "
        - it is started at once, and settled when it is up
          one-for-one: perm;  add 1 perm -> start 1 | ready 1 -> settled 1
        - one that fails at its first start is off the list, and hurts nobody
          one-for-all: perm, 0 in 10s;  add 1 perm -> start 1 | initFailed 1 -> refused 1 initFailed, removed 1
            | panic 0 -> end intensityReached
        - one that panics before it is ready, too
          one-for-one: perm;  add 1 trans -> start 1 | panic 1 -> refused 1 panic, removed 1
        - once up, it is restarted like any other
          one-for-one: perm;  add 1 perm -> start 1 | ready 1 -> settled 1 | panic 1 -> start 1 | ready 1
        - once up, a failed start is no longer its own affair
          one-for-one: perm, 1 in 10s;  add 1 perm -> start 1 | ready 1 -> settled 1 | panic 1 -> start 1
            | initFailed 1 -> stop 0
        - it is the last of its group
          one-for-all: perm;  add 1 perm -> start 1 | ready 1 -> settled 1 | panic 0 -> stop 1
            | down 1 -> start 0 | ready 0 -> start 1
        - it is stopped first
          one-for-one: perm;  add 1 perm -> start 1 | ready 1 -> settled 1 | stop -> stop 1 | down 1 -> stop 0
            | down 0 -> end shutdown
        - a temporary one that ended is off the list
          one-for-one: perm;  add 1 temp -> start 1 | ready 1 -> settled 1 | panic 1 -> removed 1
        - a temporary one that is stopped by hand is, too
          one-for-one: perm;  add 1 temp -> start 1 | ready 1 -> settled 1 | stop 1 -> stop 1
            | down 1 -> removed 1
        - a temporary one that is stopped with its group is, too
          one-for-all: perm;  add 1 temp -> start 1 | ready 1 -> settled 1 | panic 0 -> stop 1
            | down 1 -> removed 1, start 0
        - a temporary one that is restarted by hand is not
          one-for-one: perm;  add 1 temp -> start 1 | ready 1 -> settled 1 | restart 1 -> stop 1
            | down 1 -> start 1 | ready 1
        - a transient one that is done stays on the list
          one-for-one: perm;  add 1 trans -> start 1 | ready 1 -> settled 1 | normal 1 | start 1 -> start 1
            | ready 1
        - a significant one ends its supervisor like any other
          one-for-one: perm, any;  add 1 temp* -> start 1 | ready 1 -> settled 1 | normal 1 -> removed 1, stop 0
            | down 0 -> end normal
        - a significant one that fails at its first start does not
          one-for-one: perm, any;  add 1 temp* -> start 1 | initFailed 1 -> refused 1 initFailed, removed 1
        - it comes back with its supervisor, a temporary one does not
          one-for-one: perm;  add 1 perm -> start 1 | ready 1 -> settled 1 | add 2 temp -> start 2
            | ready 2 -> settled 2 | add 3 trans -> start 3 | ready 3 -> settled 3 | stop -> stop 3
            | down 3 -> stop 2 | down 2 -> removed 2, stop 1 | down 1 -> stop 0 | down 0 -> end shutdown
            | again -> start 0 | ready 0 -> start 1 | ready 1 -> start 3 | ready 3 -> up
        - two are started side by side
          rest-for-one: perm;  add 1 perm -> start 1 | add 2 perm -> start 2 | ready 2 -> settled 2
            | ready 1 -> settled 1
        - the same number twice changes nothing
          one-for-one: perm;  add 1 perm -> start 1 | add 1 temp | ready 1 -> settled 1 | add 0 temp
        - deleted before it is up, who added it is told
          one-for-one: perm;  add 1 perm -> start 1 | delete 1 -> stop 1 | ready 1
            | down 1 -> refused 1 shutdown, removed 1
        - stopped by hand before it is up, it is off the list
          one-for-one: perm;  add 1 perm -> start 1 | stop 1 -> stop 1 | down 1 -> refused 1 shutdown, removed 1
        - the end of its supervisor while it starts
          one-for-one: perm;  add 1 perm -> start 1 | stop -> stop 1
            | down 1 -> refused 1 shutdown, removed 1, stop 0 | down 0 -> end shutdown
        - to a supervisor that is ending
          one-for-one: perm;  stop -> stop 0 | add 1 perm -> refused 1 shutdown, removed 1
            | down 0 -> end shutdown
        - to one that has ended
          one-for-one: perm;  stop -> stop 0 | down 0 -> end shutdown
            | add 1 perm -> refused 1 shutdown, removed 1
        - during the first start it is the last, and the supervisor is up before it
          one-for-one: perm perm;  begin -> start 0 | add 2 perm | ready 0 -> start 1 | ready 1 -> up, start 2
            | ready 2 -> settled 2
        - during a first start that fails
          one-for-one: perm perm;  begin -> start 0 | add 2 perm
            | initFailed 0 -> refused 2 shutdown, removed 2, end initFailed
        - during the restart of a group it is its last
          one-for-all: perm perm;  panic 0 -> stop 1 | add 2 temp | down 1 -> start 0 | ready 0 -> start 1
            | ready 1 -> start 2 | ready 2 -> settled 2
        - overtaken by the restart of its group, it is settled when it is up
          one-for-all: perm;  add 1 perm -> start 1 | panic 0 -> stop 1 | down 1 -> start 0 | ready 0 -> start 1
            | ready 1 -> settled 1
        - overtaken, and temporary, it is gone
          one-for-all: perm;  add 1 temp -> start 1 | panic 0 -> stop 1
            | down 1 -> refused 1 shutdown, removed 1, start 0
        - overtaken, it fails when its turn comes
          one-for-all: perm, 1 in 10s;  add 1 perm -> start 1 | panic 0 -> stop 1 | down 1 -> start 0
            | ready 0 -> start 1 | panic 1 -> refused 1 panic, removed 1 | delete 1
        ",
    );
}

#[test]
fn a12_a_stop_during_a_restart_and_a_restart_during_a_stop_have_one_outcome() {
    check_all(
        "
        - a stop in the middle of stopping a group
          one-for-all: perm perm perm;  panic 1 -> stop 2 | stop | down 2 -> stop 0 | down 0 -> end shutdown
        - a stop in the middle of starting a group
          one-for-all: perm perm perm;  panic 2 -> stop 1 | down 1 -> stop 0 | down 0 -> start 0
            | ready 0 -> start 1 | stop -> stop 1 | down 1 -> stop 0 | down 0 -> end shutdown
        - a stop during a back-off
          one-for-one: perm perm;  panic 0 -> start 0 | panic 0 -> wait | stop -> stop 1 | waited
            | down 1 -> end shutdown | waited
        - a stop by hand during a back-off
          one-for-one: perm perm;  panic 0 -> start 0 | panic 0 -> wait | stop 0 | waited
        - a start by hand after that
          one-for-one: perm;  panic 0 -> start 0 | panic 0 -> wait | stop 0 | start 0 -> start 0 | waited
            | ready 0
        - a restart by hand during a back-off cuts it short
          one-for-one: perm;  panic 0 -> start 0 | panic 0 -> wait | restart 0 -> start 0 | waited | ready 0
        - a restart by hand of one that is starting
          one-for-one: perm;  panic 0 -> start 0 | restart 0 -> stop 0 | ready 0 | down 0 -> start 0 | ready 0
        - a stop by hand of one that is starting in its group
          one-for-all: perm perm;  panic 0 -> stop 1 | down 1 -> start 0 | stop 0 -> stop 0 | down 0 -> start 1
            | ready 1
        - a restart by hand while it is stopped by hand
          one-for-one: perm;  stop 0 -> stop 0 | restart 0 | down 0 -> start 0 | ready 0
        - a stop by hand while it is restarted by hand
          one-for-one: perm;  restart 0 -> stop 0 | stop 0 | down 0
        - a start by hand while it is stopped by hand
          one-for-one: perm;  stop 0 -> stop 0 | start 0 | down 0 -> start 0 | ready 0
        - a start by hand while its siblings are restarted has its turn
          one-for-all: perm perm perm;  stop 2 -> stop 2 | down 2 | panic 0 -> stop 1 | start 2
            | down 1 -> start 0 | ready 0 -> start 1 | ready 1 -> start 2
        - a start by hand of one that comes before those that are restarted has not
          rest-for-one: perm perm perm;  stop 0 -> stop 0 | down 0 | panic 1 -> stop 2 | start 0 -> start 0
            | down 2 -> start 1 | ready 0 | ready 1 -> start 2
        - a start by hand while its siblings wait ends their wait
          one-for-all: perm perm;  stop 1 -> stop 1 | down 1 | panic 0 -> start 0 | panic 0 -> wait
            | start 1 -> start 0 | ready 0 -> start 1
        - a delete of the one that its group waits for
          one-for-all: perm perm perm;  panic 0 -> stop 2 | delete 2 | down 2 -> removed 2, stop 1
            | down 1 -> start 0 | ready 0 -> start 1 | ready 1
        - a delete of one that its group has yet to start
          one-for-all: perm perm perm;  panic 0 -> stop 2 | down 2 -> stop 1 | down 1 -> start 0
            | delete 1 -> removed 1 | ready 0 -> start 2 | ready 2
        - a delete of the only one in a back-off
          one-for-one: perm perm;  panic 0 -> start 0 | panic 0 -> wait | delete 0 -> removed 0 | waited
        - a delete of the one that is being started first
          one-for-one: perm perm;  begin -> start 0 | delete 0 -> stop 0 | down 0 -> removed 0, start 1
            | ready 1 -> up
        - a temporary one, restarted by hand, meets a restart of its group
          one-for-all: perm temp perm;  restart 1 -> stop 1 | panic 0 -> stop 2 | down 2 | down 1 -> start 0
            | ready 0 -> start 1 | ready 1 -> start 2
        ",
    );
}

#[test]
fn a_supervisor_that_falls_finds_its_children_again() {
    check_all(
        "
        - those that are alive are stopped in reverse, then all are started
          one-for-one: perm temp perm;  again -> stop 2 | down 2 -> stop 1 | down 1 -> stop 0
            | down 0 -> start 0 | ready 0 -> start 1 | ready 1 -> start 2 | ready 2 -> up
        - those that are over are not waited for
          one-for-one: perm perm perm;  again 0 2 -> stop 1 | panic 1 -> start 0
        - one that was being stopped is waited for
          one-for-one: perm perm;  restart 1 -> stop 1 | again | down 1 -> stop 0 | down 0 -> start 0
        - one in its back-off is started with the others, and its wait is void
          one-for-one: perm perm;  panic 0 -> start 0 | panic 0 -> wait | again 0 -> stop 1 | waited
            | down 1 -> start 0 | ready 0 -> start 1
        - one that was starting is started anew
          one-for-one: perm perm;  begin -> start 0 | again -> stop 0 | ready 0 | down 0 -> start 0
            | ready 0 -> start 1
        - in the middle of its end, it begins anew
          one-for-one: perm perm;  stop -> stop 1 | again | down 1 -> stop 0 | down 0 -> start 0
            | ready 0 -> start 1 | ready 1 -> up
        - one that was being deleted goes
          one-for-one: perm perm;  delete 0 -> stop 0 | again -> stop 1 | down 0 -> removed 0
            | down 1 -> start 1 | ready 1 -> up
        - one that was being deleted, and is over, goes at once
          one-for-one: perm perm;  delete 0 -> stop 0 | again 0 1 -> removed 0, start 1
        - added ones come back, the temporary ones go
          one-for-one: perm;  add 1 temp -> start 1 | ready 1 -> settled 1 | add 2 perm -> start 2
            | ready 2 -> settled 2 | again -> stop 2 | down 2 -> stop 1 | down 1 -> removed 1, stop 0
            | down 0 -> start 0 | ready 0 -> start 2 | ready 2 -> up
        - one that was just being added goes, and who added it is told
          one-for-one: perm;  add 1 perm -> start 1 | again -> stop 1
            | down 1 -> refused 1 shutdown, removed 1, stop 0 | down 0 -> start 0 | ready 0 -> up
        - one that was just being added, and is over, goes at once
          one-for-one: perm;  add 1 perm -> start 1 | again 0 1 -> refused 1 shutdown, removed 1, start 0
        - what is said to be over and is not on the list is passed over
          one-for-one: perm;  again 0 7 -> start 0
        ",
    );
}

#[test]
fn late_and_repeated_words_change_nothing() {
    check_all(
        "
        - an exit of the incarnation before
          one-for-one: perm;  panic 0 -> start 0 | late panic 0 | ready 0 | late panic 0
        - a ready of the incarnation before
          one-for-one: perm perm;  begin -> start 0 | late ready 0 | ready 0 -> start 1
        - an exit twice
          one-for-one: perm, 9 in 10s;  panic 0 -> start 0 | panic 0 -> wait | panic 0 | panic 0
        - a ready twice
          one-for-one: perm perm;  begin -> start 0 | ready 0 -> start 1 | ready 0 | ready 1 -> up | ready 1
        - an exit twice of one that is left down
          one-for-one: temp perm;  panic 0 | panic 0 | ready 0
        - the end of a wait twice
          one-for-one: perm;  panic 0 -> start 0 | panic 0 -> wait | waited -> start 0 | waited
        - the end of an older wait
          one-for-one: perm, 9 in 10s;  panic 0 -> start 0 | panic 0 -> wait | waited -> start 0
            | panic 0 -> wait | late waited | waited -> start 0
        - anything of a child that is off the list
          one-for-one: perm;  add 1 temp -> start 1 | ready 1 -> settled 1 | panic 1 -> removed 1 | ready 1
            | panic 1 | stop 1 | start 1 | restart 1 | delete 1
        - anything of a child that never was
          one-for-one: perm;  ready 9 | panic 9 | stop 9 | start 9 | restart 9 | delete 9
        - anything after the end
          one-for-one: perm;  stop -> stop 0 | down 0 -> end shutdown | down 0 | ready 0 | restart 0 | stop
        ",
    );
}
