//! The figures of all rounds, side by side.

use std::time::Duration;

use hedgerow_benches::Table;
use hedgerow_benches::statistics::{median, median_ratio, quantile};

use crate::load::Served;

/// One contestant in one round.
pub(crate) struct Measured {
    pub(crate) requests_per_second: f64,
    /// Microseconds; not a number where the system does not tell.
    pub(crate) cpu_per_request: f64,
    /// Microseconds.
    p50: f64,
    p99: f64,
}

impl Measured {
    pub(crate) fn new(served: Served, cpu: Option<Duration>) -> Self {
        let Served { took, mut latencies } = served;
        latencies.sort_unstable();
        let requests = latencies.len() as f64;
        let micros = |share| f64::from(quantile(&latencies, share)) / 1_000.0;
        Self {
            requests_per_second: requests / took.as_secs_f64(),
            cpu_per_request: cpu.map_or(f64::NAN, |cpu| cpu.as_secs_f64() * 1e6 / requests),
            p50: micros(0.5),
            p99: micros(0.99),
        }
    }
}

/// All rounds of all contestants; the first is the base of the ratios.
pub(crate) struct Report {
    names: Vec<String>,
    rounds: Vec<Vec<Measured>>,
}

impl Report {
    pub(crate) fn new(names: impl IntoIterator<Item = String>) -> Self {
        let names: Vec<String> = names.into_iter().collect();
        Self {
            rounds: names.iter().map(|_| Vec::new()).collect(),
            names,
        }
    }

    /// Adds the next round of a contestant.
    pub(crate) fn add(&mut self, contestant: usize, measured: Measured) {
        self.rounds[contestant].push(measured);
    }

    /// Medians over the rounds, with the memory in RAM at the end, in KiB.
    pub(crate) fn table(&self, resident: Vec<Option<u64>>) -> Table<8> {
        let mut table = Table::new([
            "contestant",
            "requests/s",
            "x base",
            "CPU µs a request",
            "x base",
            "p50 µs",
            "p99 µs",
            "RSS MiB",
        ]);
        for (index, (name, resident)) in self.names.iter().zip(resident).enumerate() {
            let of = |figure: fn(&Measured) -> f64| self.rounds[index].iter().map(figure).collect::<Vec<_>>();
            let base = |figure: fn(&Measured) -> f64| self.rounds[0].iter().map(figure).collect::<Vec<_>>();
            let rate: fn(&Measured) -> f64 = |measured| measured.requests_per_second;
            let cpu: fn(&Measured) -> f64 = |measured| measured.cpu_per_request;
            table.row([
                name.clone(),
                format!("{:.0}", median(&of(rate))),
                format!("{:.2}", median_ratio(&of(rate), &base(rate))),
                format!("{:.1}", median(&of(cpu))),
                format!("{:.2}", median_ratio(&of(cpu), &base(cpu))),
                format!("{:.0}", median(&of(|measured| measured.p50))),
                format!("{:.0}", median(&of(|measured| measured.p99))),
                resident.map_or_else(
                    || "unknown".to_owned(),
                    |kib| format!("{:.1}", kib as f64 / 1_024.0),
                ),
            ]);
        }
        table
    }
}
