//! What a message costs: told and asked, on one thread and across two.

use std::num::NonZeroUsize;

use hedgerow_benches::{Contest, Outcome, Table, allocations};

use crate::rounds::Rounds;
use crate::work::{ASKERS, Place, Player, Work, players};
use crate::{cores, goals, stage};

/// As many as stay in the caches, and as a mailbox holds by default.
const ROW: u64 = 1_000;
/// A mailbox that has run full: each message is written to memory, and read from it.
const BURST: u64 = 100_000;
const BURST_ROUNDS: usize = 15;

/// Times the same as plain actix that a message may cost.
const TIMES_ACTIX: f64 = 1.2;

/// Prints what a message costs whose sender shares the thread with the actor.
pub(crate) fn measure_here() {
    let here = players(Place::Here);
    let told = contest(
        &format!("tell, same thread, {ROW} in a row, then all are handled"),
        &here,
        Work::Tell { row: ROW },
    );
    judge("a tell", &told);
    burst(&here);
    let asked = contest("ask, same thread, one at a time", &here, Work::Ask);
    judge("an ask", &asked);
    contest(
        &format!("ask, same thread, {ASKERS} in flight"),
        &here,
        Work::AskInFlight,
    );
    counts(&here);
}

/// Prints what a message costs that crosses to another thread. It is mostly the price of waking a thread.
pub(crate) fn measure_across() {
    let there = players(Place::OtherThread);
    let cores = if cores::take_the_near_one() {
        "each has a core to itself"
    } else {
        "they may share a core, so the figures are those of a scramble"
    };
    println!("two threads: {cores}");
    contest(
        &format!("tell, to another thread, {ROW} in a row; it sleeps before each row and wakes meanwhile"),
        &there,
        Work::Tell { row: ROW },
    );
    contest(
        "ask, to another thread, one at a time: two threads are woken, and little else",
        &there,
        Work::Ask,
    );
}

fn contest(title: &str, players: &[Box<dyn Player>], work: Work) -> Outcome {
    let contest = Contest::new(NonZeroUsize::MIN);
    let contest = players.iter().fold(contest, |contest, player| {
        contest.contestant(player.name(), move |count| player.play(work, count))
    });
    let outcome = contest.run();
    println!("{title}\n{outcome}");
    outcome
}

fn judge(what: &str, outcome: &Outcome) {
    let ratio = |name: &str| {
        outcome
            .rows
            .iter()
            .find(|row| row.name == name)
            .map(|row| row.ratio)
    };
    let Some(ours) = ratio("hedgerow") else {
        return;
    };
    let peers = outcome
        .rows
        .iter()
        .filter(|row| row.name.starts_with("kameo") || row.name == "ractor");
    goals::at_most(&format!("{what}, times actix,"), ours, TIMES_ACTIX);
    goals::under(
        &format!("{what}, times actix,"),
        ours,
        peers.map(|row| (row.name.as_str(), row.ratio)),
    );
    println!();
}

fn burst(players: &[Box<dyn Player>]) {
    let rounds = Rounds::run(BURST_ROUNDS, players.len(), |index| {
        let begun = stage::now();
        players[index].play(Work::Tell { row: BURST }, BURST);
        begun.elapsed().as_nanos() as f64 / BURST as f64
    });
    let figures = rounds.figure(|nanos| *nanos);
    let mut table = Table::new(["contestant", "min ns", "median ns", "x actix"]);
    for (index, player) in players.iter().enumerate() {
        table.row([
            player.name().to_owned(),
            format!("{:.1}", figures.least(index)),
            format!("{:.1}", figures.median(index)),
            format!("{:.2}", figures.ratio(index, 0)),
        ]);
    }
    println!("tell, same thread, {BURST} in a row, then all are handled; {BURST_ROUNDS} rounds\n{table}");
}

/// Counted, not timed: exact on any machine.
fn counts(players: &[Box<dyn Player>]) {
    let mut table = Table::new(["contestant", "tell", "bytes", "ask", "bytes"]);
    for player in players {
        let count = |work| {
            player.play(work, BURST);
            let ((), usage) = allocations::usage_during(|| player.play(work, BURST));
            let each = |total: u64| format!("{:.2}", total as f64 / BURST as f64);
            [each(usage.allocations), each(usage.bytes)]
        };
        let ([told, told_bytes], [asked, asked_bytes]) = (count(Work::Tell { row: ROW }), count(Work::Ask));
        table.row([player.name().to_owned(), told, told_bytes, asked, asked_bytes]);
    }
    println!("allocations for each message, and the bytes they ask for, same thread\n{table}");
}
