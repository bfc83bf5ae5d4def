//! What is counted of retries and hedges.

use hedgerow_gate::Tally;
use hedgerow_view::upstream::RetriesView;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Count {
    Answered,
    Retry,
    Hedge,
    HedgeWon,
    Resent,
    Stopped(Stop),
}

/// Why a call that failed, and would be sent again, was not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// It was sent as often as it may be.
    Attempts,
    /// The budget has nothing left.
    Budget,
    /// There is no time left in which another attempt could end.
    Deadline,
    /// The callee does not want it, or not soon.
    Pushback,
    /// A caller before this one retries it.
    Nested,
}

/// One line for each thread.
#[derive(Default)]
pub(super) struct Figures(Tally<10>);

impl Figures {
    pub(super) fn add(&self, count: Count) {
        self.0.add(match count {
            Count::Answered => 0,
            Count::Retry => 1,
            Count::Hedge => 2,
            Count::HedgeWon => 3,
            Count::Resent => 4,
            Count::Stopped(Stop::Attempts) => 5,
            Count::Stopped(Stop::Budget) => 6,
            Count::Stopped(Stop::Deadline) => 7,
            Count::Stopped(Stop::Pushback) => 8,
            Count::Stopped(Stop::Nested) => 9,
        });
    }

    /// How many calls were answered.
    pub(super) fn answered(&self) -> u64 {
        self.0.sums()[0]
    }

    pub(super) fn view(&self, budget: f64) -> RetriesView {
        let [
            _,
            retries,
            hedges,
            hedges_won,
            resent,
            attempts,
            spent,
            deadline,
            pushback,
            nested,
        ] = self.0.sums();
        RetriesView {
            retries,
            hedges,
            hedges_won,
            resent,
            // Whole ones are what can be spent.
            budget: budget as u64,
            stopped_by_attempts: attempts,
            stopped_by_budget: spent,
            stopped_by_deadline: deadline,
            stopped_by_pushback: pushback,
            stopped_nested: nested,
        }
    }
}
