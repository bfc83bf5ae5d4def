//! Actors that have nothing to do: what each keeps in memory, and how long it takes to start it.
//!
//! Each measurement is a process of its own: memory that one contestant has given back would be the next one's to take.

use std::env;
use std::io;
use std::process::{self, Command};

use hedgerow_benches::{Table, allocations, machine};

use crate::contestants::{Actix, Channel, Hedgerow, Kameo, Ractor};
use crate::counter::{Contestant, Counter as _};
use crate::rounds::Rounds;
use crate::{goals, stage};

/// Before the contestant's name. Cargo passes arguments of its own to a bench, which are not looked at.
const MARK: &str = "--crowd-of";
const CROWD: usize = 100_000;
const ROUNDS: usize = 5;

/// Bytes that an idle supervised actor may keep.
const BYTES: f64 = 1_500.0;
/// Times the time of plain actix that a start may take.
const TIMES_ACTIX: f64 = 2.0;

/// The first is the one that others are compared with.
const CONTESTANTS: [&str; 8] = [
    "actix",
    "hedgerow, declared",
    "kameo, unbounded",
    "kameo, bounded",
    "kameo, supervised",
    "ractor",
    "ractor, linked",
    "tokio mpsc",
];
const OURS: usize = 1;

/// What one process has measured, for each actor.
struct Measured {
    live_bytes: f64,
    live_blocks: f64,
    allocations: f64,
    resident_bytes: f64,
    /// Until all were started.
    start_micros: f64,
    /// Until each had answered its first message, one after the other.
    answer_micros: f64,
}

/// Measures and says so, if that is what this process was started for.
pub(crate) fn play_the_crowd() -> bool {
    let Some(name) = env::args().skip_while(|argument| argument != MARK).nth(1) else {
        return false;
    };
    let measured = match name.as_str() {
        "actix" => measure_crowd(Actix::DoSend),
        "hedgerow, declared" => measure_crowd(Hedgerow),
        "kameo, unbounded" => measure_crowd(Kameo::Unbounded),
        "kameo, bounded" => measure_crowd(Kameo::Bounded),
        "kameo, supervised" => measure_crowd(stage::run(async { Kameo::supervised() })),
        "ractor" => measure_crowd(Ractor::Alone),
        "ractor, linked" => measure_crowd(stage::run(Ractor::linked())),
        "tokio mpsc" => measure_crowd(Channel),
        other => unreachable!("nobody is called {other}"),
    };
    println!("{}", measured.to_line());
    true
}

fn measure_crowd(contestant: impl Contestant) -> Measured {
    // What the process needs once is not an actor's.
    let first = stage::run(contestant.start());
    stage::run(first.ask(1));
    let mut crowd = Vec::with_capacity(CROWD);
    let resident = || machine::resident_kib(process::id()).map_or(f64::NAN, |kib| kib as f64 * 1_024.0);
    let resident_before = resident();
    let ((start, answer), usage) = allocations::usage_during(|| {
        stage::run(async {
            let begun = stage::now();
            contestant.fill(&mut crowd).await;
            let start = begun.elapsed();
            for counter in &crowd {
                counter.ask(1).await;
            }
            (start, begun.elapsed())
        })
    });
    let each = |total: f64| total / CROWD as f64;
    Measured {
        live_bytes: each(usage.live_bytes as f64),
        live_blocks: each(usage.live_blocks as f64),
        allocations: each(usage.allocations as f64),
        resident_bytes: each(resident() - resident_before),
        start_micros: each(start.as_secs_f64() * 1e6),
        answer_micros: each(answer.as_secs_f64() * 1e6),
    }
}

impl Measured {
    fn to_line(&self) -> String {
        let figures = [
            self.live_bytes,
            self.live_blocks,
            self.allocations,
            self.resident_bytes,
            self.start_micros,
            self.answer_micros,
        ];
        figures.map(|figure| figure.to_string()).join(" ")
    }

    fn from_line(line: &str) -> Option<Self> {
        let mut figures = line.split_whitespace().map(str::parse);
        let mut next = || figures.next()?.ok();
        Some(Self {
            live_bytes: next()?,
            live_blocks: next()?,
            allocations: next()?,
            resident_bytes: next()?,
            start_micros: next()?,
            answer_micros: next()?,
        })
    }

    fn in_a_process(name: &str) -> io::Result<Self> {
        let output = Command::new(env::current_exe()?).args([MARK, name]).output()?;
        Self::from_line(&String::from_utf8_lossy(&output.stdout)).ok_or_else(|| {
            io::Error::other(format!(
                "{name} ended before it had measured: {}, {}",
                output.status,
                String::from_utf8_lossy(&output.stderr)
            ))
        })
    }
}

/// Prints what idle actors cost.
///
/// # Errors
/// Where a process cannot be started, or ends without its figures.
pub(crate) fn measure() -> io::Result<()> {
    let mut failed = None;
    let rounds = Rounds::run(ROUNDS, CONTESTANTS.len(), |index| {
        if failed.is_some() {
            return None;
        }
        Measured::in_a_process(CONTESTANTS[index])
            .map_err(|error| failed = Some(error))
            .ok()
    });
    if let Some(error) = failed {
        return Err(error);
    }
    let figure =
        |pick: fn(&Measured) -> f64| rounds.figure(|measured| measured.as_ref().map_or(f64::NAN, pick));
    let bytes = figure(|measured| measured.live_bytes);
    let answered = figure(|measured| measured.answer_micros);
    let others = [
        figure(|measured| measured.live_blocks),
        figure(|measured| measured.resident_bytes),
        figure(|measured| measured.allocations),
        figure(|measured| measured.start_micros),
    ];
    let mut table = Table::new([
        "contestant",
        "live bytes",
        "blocks",
        "RSS bytes",
        "allocations",
        "started µs",
        "answered µs",
        "min",
        "x actix",
    ]);
    for (index, name) in CONTESTANTS.iter().enumerate() {
        let [blocks, resident, allocations, started] = others.each_ref().map(|figure| figure.median(index));
        table.row([
            (*name).to_owned(),
            format!("{:.0}", bytes.median(index)),
            format!("{blocks:.1}"),
            format!("{resident:.0}"),
            format!("{allocations:.1}"),
            format!("{started:.2}"),
            format!("{:.2}", answered.median(index)),
            format!("{:.2}", answered.least(index)),
            format!("{:.2}", answered.ratio(index, 0)),
        ]);
    }
    println!(
        "{CROWD} idle actors, figures for each; started, and answered one message each; {ROUNDS} rounds, each a process of \
         its own; `x actix` is of the time to the answer\n{table}"
    );
    goals::at_most(
        "live bytes of an idle supervised actor",
        bytes.median(OURS),
        BYTES,
    );
    goals::at_most(
        "start to answer, times actix,",
        answered.ratio(OURS, 0),
        TIMES_ACTIX,
    );
    println!();
    Ok(())
}
