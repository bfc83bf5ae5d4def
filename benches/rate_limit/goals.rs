//! What we set out to reach.

use hedgerow_benches::Outcome;

/// That a contestant takes so many times as long as the first one.
pub(crate) struct Goal {
    name: &'static str,
    wanted: f64,
    found: Option<f64>,
}

impl Goal {
    pub(crate) fn times(outcome: &Outcome, name: &'static str, wanted: f64) -> Self {
        let row = outcome.rows.iter().find(|row| row.name == name);
        Self {
            name,
            wanted,
            found: row.map(|row| row.ratio).filter(|ratio| !ratio.is_nan()),
        }
    }

    pub(crate) fn print(&self) {
        let Self { name, wanted, found } = self;
        match found {
            Some(found) => {
                let verdict = if found >= wanted { "reached" } else { "missed" };
                println!("goal: at most 1/{wanted:.0} of {name}; found 1/{found:.1}: {verdict}\n");
            }
            None => println!("goal: at most 1/{wanted:.0} of {name}; the threads never ran side by side\n"),
        }
    }
}
