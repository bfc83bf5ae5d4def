//! What was seen in all rounds, as a table.

use hedgerow_benches::Table;
use hedgerow_benches::statistics::median;

use crate::contestant::Contestant;
use crate::run::{Fault, Seen};

/// One contestant's runs.
pub(crate) struct Rounds {
    pub(crate) contestant: Contestant,
    pub(crate) seen: Vec<Seen>,
}

impl Rounds {
    /// Nobody has run yet.
    pub(crate) const fn of(contestant: Contestant) -> Self {
        Self {
            contestant,
            seen: Vec::new(),
        }
    }

    fn figure(&self, of: impl Fn(&Seen) -> f64) -> String {
        // Rounds without an error have no time of the last one.
        let figures: Vec<f64> = self
            .seen
            .iter()
            .map(of)
            .filter(|figure| !figure.is_nan())
            .collect();
        let least = figures.iter().copied().fold(f64::INFINITY, f64::min);
        let most = figures.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        match figures.as_slice() {
            [] => "-".to_owned(),
            [..] if least == most => format!("{least:.0}"),
            [..] => format!("{:.0} ({least:.0}-{most:.0})", median(&figures)),
        }
    }
}

/// Medians over the rounds, with the least and the most in brackets where they differ.
pub(crate) fn table(fault: Fault, contestants: &[Rounds]) -> String {
    let mut table = Table::new([
        "",
        "errors",
        "within 400 ms",
        "slow",
        "reached the sick one",
        "last error, ms",
        "port down, ms",
    ]);
    for rounds in contestants {
        table.row([
            rounds.contestant.name().to_owned(),
            rounds.figure(|seen| seen.errors as f64),
            rounds.figure(|seen| seen.at_once as f64),
            rounds.figure(|seen| seen.slow as f64),
            rounds.figure(|seen| seen.reached as f64),
            rounds.figure(|seen| seen.last_error_ms),
            if fault.restarts {
                rounds.figure(|seen| seen.down_ms)
            } else {
                "-".to_owned()
            },
        ]);
    }
    table.to_string()
}
