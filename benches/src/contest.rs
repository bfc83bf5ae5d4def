use std::fmt;
use std::num::NonZeroUsize;
use std::time::Duration;

use crate::pace::{self, Pace};
use crate::statistics::{least, median, median_ratio};
use crate::table::Table;

/// Rounds that count. One more is run before them and thrown away, because caches and branch predictors are cold.
const ROUNDS: usize = 31;

/// How long a batch takes: long beside what begins it, short beside what disturbs a shared machine.
const BATCH: Duration = Duration::from_millis(3);

/// Contestants that take turns: in each round every one runs one batch on each thread, and the one that begins changes
/// from round to round.
///
/// The first contestant is the base that the others are compared with. A batch is a closure that does as many
/// operations as it is told; with several threads all call it at once. Its size is found before the first round, so
/// that each takes about 3 ms.
///
/// ```
/// use std::hint::black_box;
/// use std::num::NonZeroUsize;
/// use hedgerow_benches::Contest;
///
/// let outcome = Contest::new(NonZeroUsize::MIN)
///     .rounds(3)
///     .contestant("add", |count| assert!((0..count).map(|n| black_box(n + 1)).max() > Some(0)))
///     .contestant("divide", |count| assert!((0..count).map(|n| 1_000 / black_box(n | 1)).max() > Some(0)))
///     .run();
/// assert_eq!(outcome.rows[0].ratio, 1.0);
/// println!("{outcome}");
/// ```
#[must_use = "nobody runs until `run`"]
pub struct Contest<'a> {
    threads: NonZeroUsize,
    rounds: usize,
    contestants: Vec<Contestant<'a>>,
}

struct Contestant<'a> {
    name: String,
    batch: Box<dyn Fn(u64) + Sync + 'a>,
}

impl<'a> Contest<'a> {
    /// A contest on that many threads, of 31 rounds.
    pub fn new(threads: NonZeroUsize) -> Self {
        Self {
            threads,
            rounds: ROUNDS,
            contestants: Vec::new(),
        }
    }

    /// Rounds that count, in place of 31.
    pub fn rounds(mut self, rounds: usize) -> Self {
        self.rounds = rounds;
        self
    }

    /// Adds a contestant.
    pub fn contestant(mut self, name: impl Into<String>, batch: impl Fn(u64) + Sync + 'a) -> Self {
        let (name, batch) = (name.into(), Box::new(batch));
        self.contestants.push(Contestant { name, batch });
        self
    }

    /// Runs all rounds.
    pub fn run(self) -> Outcome {
        let sizes: Vec<u64> = self
            .contestants
            .iter()
            .map(|contestant| pace::calibrate(self.threads, BATCH, &contestant.batch))
            .collect();
        let mut paces: Vec<Vec<Pace>> = vec![Vec::new(); sizes.len()];
        for round in 0..=self.rounds {
            for index in turns(round, sizes.len()) {
                let pace = pace::measure(self.threads, sizes[index], &self.contestants[index].batch);
                if round > 0 {
                    paces[index].push(pace);
                }
            }
        }
        let names = self.contestants.into_iter().map(|contestant| contestant.name);
        Outcome {
            threads: self.threads,
            rows: rows(names, &paces),
        }
    }
}

impl fmt::Debug for Contest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.contestants.iter().map(|contestant| &contestant.name);
        f.debug_list().entries(names).finish()
    }
}

/// The order of a round: each begins in turn.
fn turns(round: usize, contestants: usize) -> impl Iterator<Item = usize> {
    (0..contestants).map(move |turn| (turn + round) % contestants)
}

/// Rounds in which a contestant's threads did not run side by side do not count for it: other programs had the core,
/// and who suffers from sharing would look better than it is.
fn rows(names: impl Iterator<Item = String>, paces: &[Vec<Pace>]) -> Vec<Row> {
    let nanos = |pace: &Pace| pace.is_side_by_side().then_some(pace.nanos);
    let row = |(name, own): (String, &Vec<Pace>)| {
        let counted: Vec<f64> = own.iter().filter_map(nanos).collect();
        let both = own
            .iter()
            .zip(&paces[0])
            .filter_map(|(own, base)| nanos(own).zip(nanos(base)));
        let (with_base, base): (Vec<f64>, Vec<f64>) = both.unzip();
        Row {
            name,
            least: least(&counted),
            median: median(&counted),
            ratio: median_ratio(&with_base, &base),
            rounds: counted.len(),
        }
    };
    names.zip(paces).map(row).collect()
}

/// How a contest ended. Shown as a table.
#[derive(Debug, Clone)]
pub struct Outcome {
    threads: NonZeroUsize,
    /// In the order in which the contestants were added.
    pub rows: Vec<Row>,
}

/// One contestant's figures.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// Nanoseconds for one operation in its best round.
    pub least: f64,
    /// The same as the median of the rounds.
    pub median: f64,
    /// The median over the rounds of its time by that of the first contestant in the same round.
    pub ratio: f64,
    /// Rounds that counted. On one thread all do; on several, those in which all threads ran side by side for at least
    /// 90 % of the time. Without any, the figures are not numbers.
    pub rounds: usize,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let base = self.rows.first().map_or("", |row| &row.name);
        let ratio = format!("x {base}");
        let mut table = Table::new(["contestant", "threads", "min ns", "median ns", &ratio, "rounds"]);
        for row in &self.rows {
            table.row([
                row.name.clone(),
                self.threads.to_string(),
                format!("{:.1}", row.least),
                format!("{:.1}", row.median),
                format!("{:.2}", row.ratio),
                row.rounds.to_string(),
            ]);
        }
        table.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn each_begins_in_turn_and_none_is_left_out() {
        let order = |round| turns(round, 3).collect::<Vec<_>>();
        assert_eq!(
            [order(0), order(1), order(2), order(3)],
            [[0, 1, 2], [1, 2, 0], [2, 0, 1], [0, 1, 2]]
        );
    }

    #[test]
    fn contestants_take_turns_within_every_round() {
        let said = Mutex::new(Vec::new());
        let say = |name: char| {
            let said = &said;
            move |count: u64| {
                if let Ok(mut said) = said.lock() {
                    said.push(name);
                }
                // Work that cannot be left out, so that a batch has a length.
                let _ = (0..count).map(std::hint::black_box).max();
            }
        };
        Contest::new(NonZeroUsize::MIN)
            .rounds(3)
            .contestant("a", say('a'))
            .contestant("b", say('b'))
            .run();
        let said: String = said.into_inner().unwrap_or_default().into_iter().collect();
        assert!(said.ends_with("abbaabba"), "{said}");
    }

    fn rows_of(paces: &[[(f64, f64); 3]]) -> Vec<Row> {
        let pace = |&(nanos, together): &(f64, f64)| Pace { nanos, together };
        let paces: Vec<Vec<Pace>> = paces
            .iter()
            .map(|rounds| rounds.iter().map(pace).collect())
            .collect();
        rows(["a", "b"].map(str::to_owned).into_iter(), &paces)
    }

    #[test]
    fn rows_compare_with_the_first_round_by_round() {
        let rows = rows_of(&[
            [(1.0, 1.0), (3.0, 1.0), (1.0, 1.0)],
            [(2.0, 1.0), (9.0, 1.0), (2.5, 1.0)],
        ]);
        assert_eq!((rows[0].least, rows[0].median, rows[0].ratio), (1.0, 1.0, 1.0));
        assert_eq!((rows[1].least, rows[1].median, rows[1].ratio), (2.0, 2.5, 2.5));
        assert_eq!(rows[1].rounds, 3);
    }

    #[test]
    fn rounds_that_were_not_side_by_side_do_not_count() {
        let rows = rows_of(&[
            [(1.0, 1.0), (1.0, 0.2), (1.0, 1.0)],
            [(0.1, 0.5), (4.0, 1.0), (3.0, 1.0)],
        ]);
        assert_eq!((rows[0].rounds, rows[1].rounds), (2, 2));
        assert_eq!((rows[1].least, rows[1].median), (3.0, 3.5));
        assert_eq!(
            rows[1].ratio, 3.0,
            "both were side by side in the last round alone"
        );
    }
}
