//! Which step runs, and how long each one took.

use std::time::{Duration, Instant};

/// Announces steps as they begin and remembers how long each took.
pub(crate) struct Timing {
    start: Instant,
    done: Vec<(&'static str, Duration)>,
}

impl Timing {
    /// Starts the clock.
    pub(crate) fn start() -> Self {
        Self {
            start: now(),
            done: Vec::new(),
        }
    }

    /// Announces `step`, does `work` and notes the time it took, also when it fails.
    pub(crate) fn step<T>(&mut self, step: &'static str, work: impl FnOnce() -> T) -> T {
        let begun = now();
        eprintln!("xtask: [{}] {step}", seconds(begun - self.start));
        let result = work();
        self.done.push((step, now() - begun));
        result
    }

    /// The whole time and, in brackets, the time of each step.
    pub(crate) fn summary(&self) -> String {
        let steps: Vec<String> = self
            .done
            .iter()
            .map(|(step, took)| format!("{step} {}", seconds(*took)))
            .collect();
        format!("{} ({})", seconds(now() - self.start), steps.join(", "))
    }
}

fn seconds(span: Duration) -> String {
    format!("{:.1} s", span.as_secs_f64())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the workshop measures its own steps; no mesh runs here"
)]
fn now() -> Instant {
    Instant::now()
}
