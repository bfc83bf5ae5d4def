//! Contestants that take turns, where one turn is a whole scene and not a batch of short operations.

use hedgerow_benches::statistics::{least, median, median_ratio};

/// Rounds in which every contestant has one turn, and another one begins each time. One more is run before them and
/// thrown away.
pub(crate) struct Rounds<M>(Vec<Vec<M>>);

impl<M> Rounds<M> {
    /// Runs `rounds` rounds of `contestants`; a turn is one call of `measure` with the contestant's number.
    pub(crate) fn run(rounds: usize, contestants: usize, mut measure: impl FnMut(usize) -> M) -> Self {
        let mut measured: Vec<Vec<M>> = (0..contestants).map(|_| Vec::new()).collect();
        for round in 0..=rounds {
            for turn in 0..contestants {
                let contestant = (turn + round) % contestants;
                let figure = measure(contestant);
                if round > 0 {
                    measured[contestant].push(figure);
                }
            }
        }
        Self(measured)
    }

    /// One figure of each turn.
    pub(crate) fn figure(&self, pick: impl Fn(&M) -> f64) -> Figures {
        let pick = &pick;
        Figures(self.0.iter().map(|own| own.iter().map(pick).collect()).collect())
    }
}

/// One figure of every contestant in every round.
pub(crate) struct Figures(Vec<Vec<f64>>);

impl Figures {
    pub(crate) fn least(&self, contestant: usize) -> f64 {
        least(&self.0[contestant])
    }

    pub(crate) fn median(&self, contestant: usize) -> f64 {
        median(&self.0[contestant])
    }

    /// The median over the rounds of its figure by that of `base` in the same round.
    pub(crate) fn ratio(&self, contestant: usize, base: usize) -> f64 {
        median_ratio(&self.0[contestant], &self.0[base])
    }
}
