//! What all of them cost, side by side.

use std::fmt;

use hedgerow_benches::Table;
use hedgerow_benches::machine;
use hedgerow_benches::statistics::{median, median_ratio, quantile};

use super::contestant::Contestant;
use super::process::Process;
use crate::report::Measured;

/// One contestant in one round.
pub(crate) struct Round {
    pub(crate) saturated: Measured,
    /// Latencies at the constant rate, in nanoseconds and in order.
    pub(crate) steady: Vec<u32>,
}

struct Entry {
    contestant: Contestant,
    process: Process,
    /// KiB in RAM before there was a load.
    idle: Option<u64>,
    rounds: Vec<Round>,
}

/// All rounds of all contestants.
#[derive(Default)]
pub(crate) struct Report {
    entries: Vec<Entry>,
}

/// What is compared.
type Figure = fn(&Round) -> f64;

const RATE: Figure = |round| round.saturated.requests_per_second;
const CPU: Figure = |round| round.saturated.cpu_per_request;
const P99: Figure = |round| f64::from(quantile(&round.steady, 0.99)) / 1_000.0;
const P50: Figure = |round| f64::from(quantile(&round.steady, 0.5)) / 1_000.0;

/// The most that an idle gateway is to have in RAM, in MiB.
const IDLE: f64 = 20.0;

impl Report {
    pub(crate) fn enter(&mut self, contestant: Contestant, process: Process, idle: Option<u64>) {
        self.entries.push(Entry {
            contestant,
            process,
            idle,
            rounds: Vec::new(),
        });
    }

    pub(crate) fn contestants(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn process(&self, index: usize) -> &Process {
        &self.entries[index].process
    }

    /// Adds the next round of a contestant.
    pub(crate) fn add(&mut self, index: usize, round: Round) {
        self.entries[index].rounds.push(round);
    }

    fn of(&self, contestant: Contestant, figure: Figure) -> Vec<f64> {
        let entry = self.entries.iter().find(|entry| entry.contestant == contestant);
        entry.map_or_else(Vec::new, |entry| entry.rounds.iter().map(figure).collect())
    }

    /// Not a number where one of them is left out.
    fn ratio(&self, contestant: Contestant, base: Contestant, figure: Figure) -> f64 {
        median_ratio(&self.of(contestant, figure), &self.of(base, figure))
    }

    fn table(&self) -> Table<9> {
        let mut table = Table::new([
            "contestant",
            "requests/s",
            "x HAProxy",
            "CPU µs",
            "x nginx, limits",
            "p50 µs",
            "p99 µs",
            "x HAProxy",
            "RSS MiB, idle / after",
        ]);
        for entry in &self.entries {
            let middle = |figure| median(&self.of(entry.contestant, figure));
            let ratio = |base, figure| self.ratio(entry.contestant, base, figure);
            table.row([
                entry.contestant.name().to_owned(),
                format!("{:.0}", middle(RATE)),
                format!("{:.2}", ratio(Contestant::HaproxyPlain, RATE)),
                format!("{:.1}", middle(CPU)),
                format!("{:.2}", ratio(Contestant::NginxLimits, CPU)),
                format!("{:.0}", middle(P50)),
                format!("{:.0}", middle(P99)),
                format!("{:.2}", ratio(Contestant::HaproxyPlain, P99)),
                format!(
                    "{:.1} / {:.1}",
                    mebibytes(entry.idle),
                    mebibytes(machine::resident_kib(entry.process.pid()))
                ),
            ]);
        }
        table
    }

    /// What is wanted of ours with everything on, and what it is.
    fn goals(&self) -> Table<3> {
        use Contestant::{EnvoyResilient, HaproxyPlain, HedgerowAll, NginxLimits};
        let mut table = Table::new(["hedgerow, everything on", "wanted", "found"]);
        let mut goal = |of: &str, wanted: String, found: f64| {
            table.row([of.to_owned(), wanted, format!("{found:.2}")]);
        };
        let ratio = |base, figure| self.ratio(HedgerowAll, base, figure);
        goal(
            "throughput by HAProxy's, plain",
            "at least 1".to_owned(),
            ratio(HaproxyPlain, RATE),
        );
        goal(
            "throughput by Envoy's, resilient",
            "at least 4".to_owned(),
            ratio(EnvoyResilient, RATE),
        );
        goal(
            "CPU by nginx's with limits",
            "at most 1".to_owned(),
            ratio(NginxLimits, CPU),
        );
        goal(
            "p99 at a constant rate by HAProxy's, plain",
            "at most 1".to_owned(),
            ratio(HaproxyPlain, P99),
        );
        let all = self.entries.iter().find(|entry| entry.contestant == HedgerowAll);
        goal(
            "RSS idle, MiB",
            format!("at most {IDLE:.0}"),
            mebibytes(all.and_then(|entry| entry.idle)),
        );
        table
    }
}

/// Not a number where it is unknown.
fn mebibytes(kib: Option<u64>) -> f64 {
    kib.map_or(f64::NAN, |kib| kib as f64 / 1_024.0)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n{}", self.table())?;
        write!(f, "{}", self.goals())
    }
}
