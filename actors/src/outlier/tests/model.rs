//! The machine against a model that keeps each call, and looks at all of them each time.

use std::time::Duration;

use hedgerow_config::{FailurePercentage, OutlierPolicy, SuccessRate};
use proptest::prelude::*;

use super::super::streak::Streak;
use super::super::{Ends, To};
use super::{Field, secs};

const CONSECUTIVE: u32 = 4;

fn policy() -> OutlierPolicy {
    OutlierPolicy {
        success_rate: Some(SuccessRate {
            factor: 1.2,
            min_endpoints: 3,
            min_calls: 3,
        }),
        failure_percentage: Some(FailurePercentage {
            threshold: 0.7,
            min_endpoints: 2,
            min_calls: 4,
        }),
        every: secs(5),
        eject_for: secs(3),
        max_eject_for: secs(8),
        jitter: 0.0,
        max_eject: 0.5,
        ..OutlierPolicy::default()
    }
}

/// One endpoint as the model knows it.
#[derive(Default, Clone)]
struct Known {
    /// When each call ended, and whether well.
    calls: Vec<(Duration, bool)>,
    /// Its runs begin behind this.
    anew: Option<Duration>,
    returned: Duration,
    until: Option<Duration>,
    times: u32,
}

impl Known {
    /// Whether there was a run as long as the limit.
    fn has_run(&self) -> bool {
        let mut calls = self
            .calls
            .iter()
            .filter(|(at, _)| self.anew.is_none_or(|anew| *at > anew));
        let mut run = 0;
        calls.any(|(_, well)| {
            run = if *well { 0 } else { run + 1 };
            run >= CONSECUTIVE
        })
    }

    /// The share of successes, and the calls, behind `from`.
    fn rate(&self, from: Duration) -> (f64, u32) {
        let calls: Vec<bool> = self
            .calls
            .iter()
            .filter(|(at, _)| *at > from.max(self.returned))
            .map(|(_, well)| *well)
            .collect();
        let well = calls.iter().filter(|well| **well).count();
        (well as f64 / calls.len() as f64, calls.len() as u32)
    }
}

struct Model {
    all: Vec<Known>,
    /// When the present interval began.
    interval: Duration,
}

impl Model {
    fn eject(&mut self, at: usize, now: Duration) -> bool {
        let out = self.all.iter().filter(|known| known.until.is_some()).count();
        if out > 0 && (out as f64 + 1.0) / self.all.len() as f64 > 0.5 {
            return false;
        }
        let known = &mut self.all[at];
        // 3, 6, 8, 8 seconds.
        if known.times * 3 < 11 {
            known.times += 1;
        }
        known.until = Some(now + secs(u64::from(known.times * 3).min(8)));
        known.anew = Some(now);
        true
    }

    fn look(&mut self, now: Duration) {
        let mut moved = vec![false; self.all.len()];
        for (known, moved) in self.all.iter_mut().zip(&mut moved) {
            if known.until.is_some_and(|until| until <= now) {
                (known.until, known.anew, known.returned) = (None, Some(now), now);
                *moved = true;
            }
        }
        for (at, moved) in moved.iter_mut().enumerate() {
            if self.all[at].until.is_none() && !*moved && self.all[at].has_run() {
                *moved = self.eject(at, now);
                self.all[at].anew = Some(now);
            }
        }
        if now >= self.interval + secs(5) {
            self.end_interval(now, &moved);
            self.interval = now;
        }
    }

    fn end_interval(&mut self, now: Duration, moved: &[bool]) {
        for (known, moved) in self.all.iter_mut().zip(moved) {
            if known.until.is_none() && !moved {
                known.times = known.times.saturating_sub(1);
            }
        }
        let judged = |least: u32| {
            let all = self.all.iter().enumerate().zip(moved);
            let here = all.filter(|((_, known), moved)| known.until.is_none() && !**moved);
            let rates = here.map(|((at, known), _)| (at, known.rate(self.interval)));
            let valid = rates.filter(|(_, (_, calls))| *calls >= least);
            let mut rates: Vec<(usize, f64)> = valid.map(|(at, (rate, _))| (at, rate)).collect();
            let plain: Vec<f64> = rates.iter().map(|(_, rate)| *rate).collect();
            rates.sort_by(|(_, one), (_, other)| one.total_cmp(other));
            (rates, plain)
        };
        let mut outliers = Vec::new();
        let (rates, plain) = judged(3);
        if rates.len() >= 3 {
            let count = plain.len() as f64;
            let mean = plain.iter().sum::<f64>() / count;
            let variance = plain.iter().map(|rate| (rate - mean).powi(2)).sum::<f64>() / count;
            let limit = mean - 1.2 * variance.sqrt();
            outliers.extend(rates.iter().filter(|(_, rate)| *rate < limit).map(|(at, _)| *at));
        }
        let (rates, _) = judged(4);
        if rates.len() >= 2 {
            outliers.extend(
                rates
                    .iter()
                    .filter(|(_, rate)| 1.0 - rate >= 0.7)
                    .map(|(at, _)| *at),
            );
        }
        for at in outliers {
            if self.all[at].until.is_none() {
                self.eject(at, now);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn ejections_are_those_of_a_model_that_keeps_each_call(
        seconds in prop::collection::vec(prop::collection::vec((0..5_usize, 0..4_u8), 1..20), 1..60),
        sick in prop::collection::vec(0..5_u8, 5),
    ) {
        let mut field = Field::new(policy(), Some(CONSECUTIVE), 5);
        let mut model = Model { all: vec![Known::default(); 5], interval: secs(1) };
        let streaks: Vec<Streak> = (0..5).map(|_| Streak::new(CONSECUTIVE)).collect();
        let mut now = secs(0);
        // The call that wakes the machine: its first interval begins here.
        now += secs(1);
        field.calls(now, 0, 0, 0);
        for calls in seconds {
            now += secs(1);
            // One call in each second at the least, so that it does not rest.
            for (at, luck) in calls.into_iter().chain([(0, 3)]) {
                let well = luck >= sick[at];
                model.all[at].calls.push((now, well));
                let (seen, streak) = (&mut field.seen[at], &streaks[at]);
                let Ends { successes, failures } = seen.ends;
                if well {
                    seen.ends.successes = successes + 1;
                    streak.success(streak.life());
                } else {
                    seen.ends.failures = failures + 1;
                    streak.failure(streak.life());
                }
                seen.run = streak.longest();
            }
            for step in field.look(now) {
                if !matches!(step.to, To::Calmed { .. }) {
                    streaks[step.at].begin();
                }
            }
            model.look(now);
            let machine: Vec<_> = field.seen.iter().map(|seen| (seen.ejected_until, seen.times)).collect();
            let expected: Vec<_> = model.all.iter().map(|known| (known.until, known.times)).collect();
            prop_assert_eq!(machine, expected, "at {:?}", now);
        }
    }
}
